"""A job by PSI/J, followed to its end. Arguments: queue, directory."""
import pathlib
import sys
from datetime import timedelta
from psij import Job, JobAttributes, JobExecutor, JobSpec, JobState, ResourceSpecV1

queue, folder = sys.argv[1:]
output = pathlib.Path(folder) / "psij.out"
spec = JobSpec(
    executable="/bin/sh", arguments=["-c", "echo $SLURMD_NODENAME"], directory=folder, stdout_path=output,
    attributes=JobAttributes(queue_name=queue, duration=timedelta(minutes=3)),
    resources=ResourceSpecV1(node_count=1, processes_per_node=1, cpu_cores_per_process=1), launcher="srun",
)
job = Job(spec)
JobExecutor.get_instance("slurm").submit(job)
status = job.wait(timeout=timedelta(seconds=120), target_states=[JobState.COMPLETED, JobState.FAILED])
assert status is not None and status.state == JobState.COMPLETED, status
assert output.read_text().startswith("compute-1-"), output.read_text()
