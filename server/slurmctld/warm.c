/*
 * Loaded into slurmctld before Slurm's own libraries: a new job whose nodes are all up passes without PrologSlurmctld.
 *
 * That program is there for jobs whose nodes boot (see `server/src/service/hooks.rs`), but Slurm starts it for every
 * job, and a program costs 4 ms of processor time however little it does: slurmctld is run once more to start it. Slurm
 * calls the function below for it, with the locks held that its own test of the nodes wants.
 *
 * Without this file, or with a Slurm that lacks one of these names, everything works, and each job has its program. The
 * versions whose functions are these stand in `server/src/slurm/catalogue.rs`.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Slurm's `job_record_t`: nothing of it is touched here. */
struct job;

/*
 * Of `slurmctld/job_mgr.c`, `common/env.c` and `slurmctld/controller.c`. Weak: the programs that slurmctld starts load
 * this file too and have none of it.
 */
extern bool test_job_nodes_ready(struct job *) __attribute__((weak));
extern char **job_common_env_vars(struct job *, bool is_complete) __attribute__((weak));
extern void env_array_free(char **) __attribute__((weak));
extern int batch_sched_delay __attribute__((weak));

/* As `MOST_STARTS` of `server/agent/src/state.rs`. */
static const off_t MOST_STARTS = 1024 * 1024;

/* The path of a file in the controller's directory. */
static bool path_of(char path[PATH_MAX], const char *name)
{
	const char *dir = getenv("OPENPCS_CONTROLLER");
	return dir && snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX;
}

/* Whether every job is to come by the program, because no job may be launched just now. */
static bool is_gate_closed(void)
{
	char path[PATH_MAX];
	return !path_of(path, "gate-closed") || access(path, F_OK) == 0;
}

static const char *value_of(char **variables, const char *name)
{
	size_t length = strlen(name);
	for (; *variables; variables++)
		if (!strncmp(*variables, name, length) && (*variables)[length] == '=')
			return *variables + length + 1;
	return NULL;
}

/* Writes a first start down as the program does (`ControllerState::note_start`). */
static bool write_start(const char *job)
{
	char path[PATH_MAX], old[PATH_MAX], line[64];
	struct timespec now;
	struct stat found;
	if (!job || !path_of(path, "starts") || !path_of(old, "starts.1"))
		return false;
	if (!stat(path, &found) && found.st_size > MOST_STARTS)
		rename(path, old);
	clock_gettime(CLOCK_REALTIME, &now);
	int length = snprintf(line, sizeof(line), "%s 0 %lld\n", job,
			      (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0)
		return false;
	bool written = length < (int)sizeof(line) && write(file, line, length) == length;
	close(file);
	return written;
}

/*
 * Notes the start of a job that was never started before. One that comes back from the queue in the same second has the
 * program: a node that it has been on takes no credential of that second, and by `time` it lasts some milliseconds longer.
 */
static bool note_first_start(struct job *job)
{
	char **variables = job_common_env_vars(job, false);
	const char *restarts = value_of(variables, "SLURM_JOB_RESTART_COUNT");
	bool is_first = !restarts || !strcmp(restarts, "0");
	bool written = is_first && write_start(value_of(variables, "SLURM_JOB_ID"));
	env_array_free(variables);
	return written;
}

static bool is_known_slurm(void)
{
	return test_job_nodes_ready && job_common_env_vars && env_array_free;
}

/* In place of the function of `interfaces/prep.c`. A job for which no program was started goes on at once. */
void prep_g_prolog_slurmctld(struct job *job)
{
	void (*slurms)(struct job *) = dlsym(RTLD_NEXT, "prep_g_prolog_slurmctld");
	if (is_known_slurm() && !is_gate_closed() && test_job_nodes_ready(job) && note_first_start(job))
		return;
	slurms(job);
}

/*
 * How long batch jobs wait at least. slurmctld reads what slurm.conf says of it, 0, when it first looks at its
 * queue; until then it goes by its default, and the first job after each start and change waits for 3 s.
 */
__attribute__((constructor)) static void look_at_once(void)
{
	if (&batch_sched_delay)
		batch_sched_delay = 0;
}
