#!/bin/sh
# Gives Debian's Python the layout of the public image: prefix /usr/local and
# site-packages, so that `pip install --prefix`, `COPY --from` of site-packages
# and scripts in /usr/local/bin behave as people's Dockerfiles expect.
# Debian's own files stay where dpkg put them; /usr/local holds links to them.
set -eu
v=3.13
lib=/usr/local/lib/python$v

cp -as "/usr/lib/python$v" /usr/local/lib/
rm -f "$lib/EXTERNALLY-MANAGED" "$lib/sysconfig/__pycache__/__init__."* "$lib/sysconfig/__init__.py"

cp "/usr/lib/python$v/sysconfig/__init__.py" "$lib/sysconfig/__init__.py"
sed -i "s/prefix_scheme = 'posix_local'/prefix_scheme = 'posix_prefix'/" "$lib/sysconfig/__init__.py"

mkdir -p "$lib/site-packages" /usr/local/include
rmdir "$lib/dist-packages"
ln -s site-packages "$lib/dist-packages"  # Debian's site module is frozen and looks there
ln -s "/usr/include/python$v" "/usr/local/include/python$v"
cp "/usr/bin/python$v" "/usr/local/bin/python$v"
ln -s "python$v" /usr/local/bin/python3
ln -s python3 /usr/local/bin/python

wheel=$(ls /usr/share/python-wheels/pip-*.whl)
python3 "$wheel/pip" install --no-index --no-cache-dir --root-user-action=ignore "$wheel"
python3 -c 'import sys, sysconfig; assert sys.prefix == "/usr/local", sys.prefix
assert sysconfig.get_path("purelib") == "/usr/local/lib/python3.13/site-packages", sysconfig.get_path("purelib")'
pip --version
