"""Tries what only a host or a privileged container should be able to do, and prints what worked, as JSON.

Standard library alone; run as a build step. A list for each kind; empty lists are what we want.
"""

import ctypes
import errno
import json
import os
import platform
import socket
import stat

LIBC = ctypes.CDLL(None, use_errno=True)
DEVICES = {"full", "null", "ptmx", "random", "tty", "urandom", "zero"}
NUMBERS = {      # of system calls that libc has no function for
    "x86_64": {"keyctl": 250, "add_key": 248, "bpf": 321, "perf_event_open": 298, "open_by_handle_at": 304,
               "init_module": 175, "kexec_load": 246, "userfaultfd": 323, "io_uring_setup": 425},
    "aarch64": {"keyctl": 219, "add_key": 217, "bpf": 280, "perf_event_open": 241, "open_by_handle_at": 265,
                "init_module": 105, "kexec_load": 104, "userfaultfd": 282, "io_uring_setup": 425},
}
REFUSED = {errno.EPERM, errno.EACCES, errno.ENOSYS}
SOCKETS = {"packets": (17, 3, 0), "raw IP": (2, 3, 1), "a hypervisor": (40, 1, 0), "the kernel's ciphers": (38, 5, 0)}


def worked(*calls):
    """Names of the calls that were not refused outright; each in a process of its own, which it may change."""
    return [name for name, call in calls if not refused(call)]


def refused(call):
    child = os.fork()
    if child == 0:
        ctypes.set_errno(0)
        os._exit(call() == -1 and ctypes.get_errno() in REFUSED)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def system_calls():
    numbers = NUMBERS[platform.machine()]
    zero = [ctypes.c_long(0)] * 5
    return worked(*((name, lambda number=number: LIBC.syscall(ctypes.c_long(number), *zero))
                    for name, number in numbers.items()),
                  ("mount", lambda: LIBC.mount(b"none", b"/mnt", b"tmpfs", 0, None)),
                  ("unshare the user namespace", lambda: LIBC.unshare(0x10000000)),
                  ("unshare the mount namespace", lambda: LIBC.unshare(0x00020000)),
                  ("sethostname", lambda: LIBC.sethostname(b"x", 1)),
                  ("mknod", lambda: LIBC.mknod(b"/made", stat.S_IFBLK | 0o600, os.makedev(8, 0))),
                  ("swapon", lambda: LIBC.swapon(b"/x", 0)), ("reboot", lambda: LIBC.reboot(0)),
                  ("read the kernel's log", lambda: LIBC.klogctl(3, None, 0)))


def kernel_files():
    """Files of the kernel that could be written, where a write reaches beyond this container."""
    found = [path for top in ("/proc/sys", "/sys") for folder, _, names in os.walk(top) for name in names
             if os.access(path := os.path.join(folder, name), os.W_OK) and not os.path.islink(path)]
    return found + [path for path in ("/proc/sysrq-trigger", "/proc/kcore", "/proc/1/root/run/buildkit") if opens(path)]


def opens(path):
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return False
    os.close(descriptor)
    return True


def devices():
    special = (stat.S_ISBLK, stat.S_ISCHR)
    return [entry.name for entry in os.scandir("/dev") if entry.name not in DEVICES
            and any(kind(entry.stat(follow_symlinks=False).st_mode) for kind in special)]


def processes():
    """Processes of others: all that are neither this one nor one of its parents."""
    own, pid = set(), os.getpid()
    while pid:
        own.add(str(pid))
        pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    return [open(f"/proc/{name}/comm").read().strip() for name in os.listdir("/proc") if name.isdigit() and name not in own]


def host_mounts():
    """Files and folders of the disk that can be written, besides this container's own root."""
    parts = (line.split(" - ")[0].split() + line.split(" - ")[1].split() for line in open("/proc/self/mountinfo"))
    return [words[4] for words in parts if words[4] != "/" and "rw" in words[5].split(",")
            and any(word.startswith("/dev/") for word in words[6:])]


def sockets():
    found = []
    for name, kind in SOCKETS.items():
        try:
            socket.socket(*kind).close()
        except OSError:
            continue
        found.append(name)
    return found


if __name__ == "__main__":
    status = dict(line.rstrip("\n").split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
    print("REACH", json.dumps({
        "system calls": system_calls(), "kernel files": kernel_files(), "devices": devices(), "processes": processes(),
        "mounts": host_mounts(), "sockets": sockets(), "no filter of system calls": [] if status["Seccomp"] == "2" else [1],
        "shared memory": open("/proc/sysvipc/shm").read().splitlines()[1:]}))
