"""What EC2 does and moto does not: runs the instances.

Inside a network namespace whose bridge is the network of the VPC, each instance that moto says is running is a machine: a
network, a root file system (what it changes of this host's is its own), processes and a host name of its own. It boots as
an image with cloud-init does, see machine.py. One that moto has ended is killed.

usage: cloud.py MOTO_URL DIRECTORY SCHEDULER_ROOT SHARED, the last one a file system that all of them mount
"""

import os
import signal
import subprocess
import sys
import time

import boto3

HERE = os.path.dirname(os.path.abspath(__file__))
LOOK = 0.2
BRIDGE = "pcs0"
# What ends with its machine.
PRIVATE = ["--mount", "--pid", "--uts", "--ipc", "--net", "--fork", "--kill-child", "--mount-proc"]


def main():
    url, directory, *places = sys.argv[1:]
    ec2 = boto3.client("ec2", endpoint_url=url)
    machines = {}
    while True:
        there = {instance["InstanceId"]: instance for instance in instances(ec2)}
        for name, instance in there.items():
            running = instance["State"]["Name"] == "running"
            if running and name not in machines:
                machines[name] = boot(ec2, instance, directory, places)
            if not running and machines.get(name):
                kill(machines[name])
                machines[name] = None
        for name, machine in machines.items():
            # Whatever shuts itself down is terminated, as the derived launch template says.
            if machine and machine.poll() is not None and name in there:
                ec2.terminate_instances(InstanceIds=[name])
        time.sleep(LOOK)


def kill(machine):
    try:
        os.killpg(machine.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    machine.wait()


def instances(ec2):
    for page in ec2.get_paginator("describe_instances").paginate():
        for reservation in page["Reservations"]:
            yield from reservation["Instances"]


def boot(ec2, instance, directory, places):
    name, address = instance["InstanceId"], instance["PrivateIpAddress"]
    home = os.path.join(directory, name)
    os.makedirs(home)
    asked = ec2.describe_instance_attribute(InstanceId=name, Attribute="userData")
    with open(os.path.join(home, "user-data"), "w") as file:
        file.write(asked["UserData"].get("Value", ""))
    log = open(os.path.join(home, "console"), "w")
    # None outlives this program.
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", *PRIVATE, sys.executable, os.path.join(HERE, "machine.py")]
    machine = subprocess.Popen(
        [*command, name, address, home, *places],
        stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
    )
    plug_in(machine, address)
    # It waits for its network.
    machine.stdin.write(b"\n")
    machine.stdin.close()
    return machine


def plug_in(machine, address):
    number = "-".join(address.split(".")[2:])
    outside, inside = f"v{number}", "eth0"
    child = child_of(machine.pid)
    # A machine that was killed took its cable with it, perhaps not at once.
    subprocess.run(["ip", "link", "del", outside], stderr=subprocess.DEVNULL)
    for line in [
        f"ip link add {outside} type veth peer name {inside} netns {child}",
        f"ip link set {outside} master {BRIDGE} up",
    ]:
        subprocess.run(line.split(), check=True)


def child_of(pid):
    while True:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = file.read().split()
        if children:
            return children[0]
        time.sleep(0.01)


if __name__ == "__main__":
    main()
