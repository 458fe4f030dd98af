. /tmp/w/env.sh; cd server
for l in 1 2 3; do (while :; do :; done) & L="$L $!"; done
for i in $(seq 1 12); do RUST_BACKTRACE=0 OPENPCS_KEEP=1 /root/.cache/openpcs/t-aws/debug/deps/it-a144f4947b644ec1 --exact faults::a_job_survives_the_server_and_slurmctld > /tmp/w/g$i.log 2>&1; echo $i $? >> /tmp/w/floop.out; done
kill $L; echo done >> /tmp/w/floop.out
