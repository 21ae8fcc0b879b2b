#!/bin/sh
# tree.sh TARGET: a root file system of busybox and its applets, nothing else.
set -eu
out=$1
mkdir -p "$out/bin" "$out/etc" "$out/home" "$out/root" "$out/tmp" "$out/usr/bin" "$out/usr/sbin" "$out/sbin" "$out/var/spool"
chmod 1777 "$out/tmp"
cp "$(command -v busybox)" "$out/bin/busybox"
for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$out/bin/$applet"
done
ln -s /bin/env "$out/usr/bin/env"
echo 'root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false' > "$out/etc/passwd"
echo 'root:x:0:
daemon:x:1:
www-data:x:33:
nobody:x:65534:' > "$out/etc/group"
