"""An array of small tasks with submitit, whose results come back. Arguments: queue, directory."""
import os
import sys
import submitit

queue, folder = sys.argv[1:]


def square(n):
    return n * n, submitit.JobEnvironment().array_task_id, os.environ["SLURMD_NODENAME"]


executor = submitit.AutoExecutor(folder=folder)
executor.update_parameters(slurm_partition=queue, timeout_min=3, cpus_per_task=1, slurm_array_parallelism=2)
answers = [job.result() for job in executor.map_array(square, range(4))]
assert [answer[0] for answer in answers] == [0, 1, 4, 9], answers
assert all(answer[2].startswith("compute-1-") for answer in answers), answers
