#!/bin/sh
# What a machine has of systemd: units are started now, and at each boot when they are enabled.
command=$1
while [ $# -gt 1 ]; do shift; done
unit=/etc/systemd/system/$1.service
wants=/etc/systemd/system/multi-user.target.wants

value() {
    sed -n "s/^$2=//p" "$1"
}

start() {
    condition=$(value "$1" ConditionPathExists)
    if [ -n "$condition" ] && [ ! -e "$condition" ]; then
        echo "$1 is not started: there is no $condition"
        return
    fi
    # One that runs already is not started twice.
    running=/run/systemd/${1##*/}
    mkdir "$running" 2>/dev/null || return
    # Words are parted as systemd does.
    # shellcheck disable=SC2046
    setsid $(value "$1" ExecStart) </dev/null &
}

case $command in
start) start "$unit" ;;
enable)
    [ "$(value "$unit" WantedBy)" = multi-user.target ] || exit 1
    mkdir -p "$wants" && ln -sf "$unit" "$wants/"
    ;;
boot)
    for wanted in "$wants"/*.service; do
        [ -e "$wanted" ] && start "$wanted"
    done
    ;;
daemon-reload) ;;
*)
    echo "this systemctl does not know $command" >&2
    exit 1
    ;;
esac
