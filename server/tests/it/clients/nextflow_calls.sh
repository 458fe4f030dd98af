# What Nextflow asks of Slurm for its tasks (its `slurm` executor): submit with directives, look by squeue, cancel what is
# not wanted any more. Argument: queue.
set -euo pipefail
queue=$1

# A task, as `.command.run` is written: its name, its words.
submit() {
    mkdir "$1"
    cat > "$1/.command.run" <<RUN
#!/bin/bash
#SBATCH -J nf-$1_(1)
#SBATCH -o $PWD/$1/.command.log
#SBATCH --no-requeue
#SBATCH --signal B:USR2@30
#SBATCH -c 1
#SBATCH -t 00:03:00
#SBATCH --mem 100M
#SBATCH -p $queue
trap 'echo \$? > $PWD/$1/.exitcode' EXIT
$2
RUN
    (cd "$1" && sbatch .command.run) | sed -nE 's/^Submitted batch job ([0-9]+)$/\1/p'
}

# The word for its state; nothing once Slurm has forgotten it.
state() {
    squeue --noheader -o '%i %t' -t all -p "$queue" -u "$(id -un)" | sed -n "s/^$1 //p"
}

# Waits until it is one of these.
until_one_of() {
    for _ in $(seq 120); do
        case " $2 " in *" $(state "$1") "*) return ;; esac
        sleep 1
    done
    echo "job $1 is $(state "$1"), not one of $2" >&2
    exit 1
}

good=$(submit good 'echo hello')
bad=$(submit bad 'exit 7')
long=$(submit long 'sleep 600')
until_one_of "$good" "CD"
until_one_of "$bad" "F"
test "$(cat good/.exitcode)" = 0
test "$(cat good/.command.log)" = hello
test "$(cat bad/.exitcode)" = 7
until_one_of "$long" "R"
scancel "$long"
until_one_of "$long" "CA"
