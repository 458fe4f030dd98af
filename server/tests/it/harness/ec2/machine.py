"""An instance from its power switch to the end of cloud-init, in namespaces of its own: see cloud.py. A reboot ends all of
its processes but this one, its first.

usage: machine.py INSTANCE_ID ADDRESS DIRECTORY SCHEDULER_ROOT SHARED
"""

import base64
import ctypes
import email
import gzip
import http.server
import os
import signal
import subprocess
import sys
import threading
import time

import yaml

METADATA = "169.254.169.254"
SCRIPTS = "/var/lib/cloud/instance/scripts"
HERE = os.path.dirname(os.path.abspath(__file__))


class Reboot(Exception):
    """Somebody has asked for it."""


def main():
    name, address, home, scheduler_root, shared = sys.argv[1:]
    sys.stdin.readline()
    network(address)
    with open(os.path.join(home, "user-data")) as file:
        user_data = base64.b64decode(file.read())
    with open(os.path.join(HERE, "systemctl.sh")) as file:
        systemctl = file.read()
    root(home, scheduler_root, shared)
    program("/usr/bin/systemctl", systemctl)
    program("/usr/sbin/reboot", "#!/bin/sh\nexec kill -USR1 1\n")
    told = os.path.join(shared, "metadata", name)
    metadata(name, address, told)
    threading.Thread(target=watch, args=(os.path.join(told, "reboot"),), daemon=True).start()
    # Of a boot cloud-init does all of this the first time only; what it enabled systemd starts each time after it.
    while runs(lambda: cloud_init(user_data), os.path.join(shared, "metadata", "slow")):
        user_data = b""
        start_afresh()


def runs(boot, slow):
    """Until all processes have ended, or a reboot: whether it was that. A test may have a boot take as long as it wants."""
    try:
        signal.signal(signal.SIGUSR1, asked_to_reboot)
        os.makedirs("/run/systemd/system")
        ctypes.CDLL(None).sethostname(b"ip-instance", 11)
        while os.path.exists(slow):
            time.sleep(0.05)
        boot()
        subprocess.run(["/usr/bin/systemctl", "boot"], stdin=subprocess.DEVNULL)
        reap()
        return False
    except Reboot:
        return True


def watch(order):
    """Reboots as EC2 does when its API is told to: here by a file."""
    while True:
        if os.path.exists(order):
            os.unlink(order)
            os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0.2)


def asked_to_reboot(*_):
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    raise Reboot


def reap():
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass


def start_afresh():
    print("the machine starts anew", flush=True)
    os.kill(-1, signal.SIGKILL)
    reap()
    subprocess.run(["umount", "-l", "/run"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)


def program(path, text):
    # It may be a link to one of this host's.
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o755)


def network(address):
    gateway = address.rsplit(".", 2)[0] + ".0.1"
    for line in [
        "ip link set lo up",
        f"ip addr add {METADATA}/32 dev lo",
        f"ip addr add {address}/16 dev eth0",
        "ip link set eth0 up",
        f"ip route add default via {gateway}",
    ]:
        subprocess.run(line.split(), check=True)


def root(home, scheduler_root, shared):
    """This host's files, all changes in memory."""
    for line in [
        "mount --make-rprivate /",
        f"mount -t tmpfs none {home}",
    ]:
        subprocess.run(line.split(), check=True)
    upper, work, new = (os.path.join(home, part) for part in ["upper", "work", "root"])
    for directory in [upper, work, new]:
        os.mkdir(directory)
    layers = f"lowerdir=/,upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "none", "-o", layers, new], check=True)
    for kind, target in [("proc", "/proc"), ("tmpfs", "/run"), ("tmpfs", "/tmp")]:
        subprocess.run(["mount", "-t", kind, "none", new + target], check=True)
    os.chmod(new + "/tmp", 0o1777)
    # An image has no Slurm.
    subprocess.run(["mount", "-t", "tmpfs", "none", new + scheduler_root], check=True)
    # And its control groups, where slurmd makes those of jobs.
    for source in ["/dev", "/sys", shared]:
        os.makedirs(new + source, exist_ok=True)
        subprocess.run(["mount", "--rbind", source, new + source], check=True)
    os.chroot(new)
    os.chdir("/")
    # It says at once that it does not know: a VPC's resolver is as quick, and this host's may not be reached from here.
    if os.path.lexists("/etc/resolv.conf"):
        os.unlink("/etc/resolv.conf")
    with open("/etc/resolv.conf", "w") as file:
        file.write("nameserver 127.0.0.1\n")


def metadata(name, address, more):
    """The instance metadata service, version 2 only. Below `more` a test may put what else it tells."""
    tells = {"instance-id": name, "local-ipv4": address}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            self.answer(200 if self.path == "/latest/api/token" else 403, "a-token")

        def do_GET(self):
            if self.headers.get("X-aws-ec2-metadata-token") != "a-token":
                return self.answer(401, "")
            path = self.path.removeprefix("/latest/meta-data/")
            told = tells.get(path) or read(os.path.join(more, path))
            self.answer(404 if told is None else 200, told or "")

        def answer(self, status, text):
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer((METADATA, 80), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


def cloud_init(user_data):
    """Files are written, then scripts run in the order of their names; one that fails stops no other. Once."""
    if not user_data:
        return
    if user_data[:2] == b"\x1f\x8b":
        user_data = gzip.decompress(user_data)
    os.makedirs(SCRIPTS, exist_ok=True)
    for number, part in enumerate(email.message_from_bytes(user_data).walk()):
        if part.is_multipart():
            continue
        text = part.get_payload(decode=True)
        kind = part.get_content_type()
        if kind == "text/cloud-config":
            write_files(yaml.safe_load(text) or {})
        elif kind == "text/x-shellscript":
            script = os.path.join(SCRIPTS, part.get_filename() or f"part-{number:03}")
            with open(script, "wb") as file:
                file.write(text)
            os.chmod(script, 0o700)
        else:
            print(f"a part of type {kind} is left", flush=True)
    for script in sorted(os.listdir(SCRIPTS)):
        ended = subprocess.run([os.path.join(SCRIPTS, script)], stdin=subprocess.DEVNULL)
        print(f"{script} ended with {ended.returncode}", flush=True)


def write_files(config):
    for file in config.get("write_files", []):
        content = file["content"]
        if file.get("encoding") in ["b64", "base64"]:
            content = base64.b64decode(content)
        else:
            content = content.encode()
        os.makedirs(os.path.dirname(file["path"]), exist_ok=True)
        with open(file["path"], "wb") as out:
            out.write(content)
        os.chmod(file["path"], int(str(file.get("permissions", "0644")), 8))


if __name__ == "__main__":
    main()
