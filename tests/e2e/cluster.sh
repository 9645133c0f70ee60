# A Slurm cluster of four nodes of this machine, with sockets, ports and files of its own, which ends with
# the script; to be sourced behind lib.sh.
PATH=$PATH:/usr/sbin

# can_cluster: is there what it needs?
can_cluster()
{
	command -v slurmctld >/dev/null && command -v munged >/dev/null && [ "$(id -u)" -eq 0 ]
}

stop_cluster()
{
	local file

	scancel --user=root 2>/dev/null
	scontrol shutdown >/dev/null 2>&1
	for file in "$home"/*.pid "$home"/munge/pid; do
		[ ! -s "$file" ] || kill "$(cat "$file")" 2>/dev/null
	done
	sleep 1
	rm -rf "$work"
}

start_cluster()
{
	local host port i

	home=$work/cluster
	host=$(hostname)
	port=$((20000 + $$ % 20000))
	mkdir -p "$home"/{munge,state,spool,log}
	chmod 711 "$work" "$home"
	chmod 755 "$home/munge"
	chown munge "$home/munge"
	export SLURM_CONF=$home/slurm.conf
	cat >"$SLURM_CONF" <<END
ClusterName=relu
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
AuthType=auth/munge
AuthInfo=socket=$home/munge/socket
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
ReturnToService=2
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool/%n
SlurmdPidFile=$home/slurmd-%n.pid
SlurmctldPidFile=$home/slurmctld.pid
SlurmdLogFile=$home/log/slurmd-%n.log
SlurmctldLogFile=$home/log/slurmctld.log
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
KillWait=2
SlurmdParameters=config_overrides
NodeName=n[1-4] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + 4))] CPUs=1 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=n[1-4] Default=YES MaxTime=60 State=UP
END
	trap stop_cluster EXIT
	su -s /bin/sh munge -c "$(command -v munged) --socket=$home/munge/socket --pid-file=$home/munge/pid \
		--log-file=$home/munge/log --seed-file=$home/munge/seed --force" 2>"$home/munge.err"
	slurmctld -f "$SLURM_CONF"
	for i in 1 2 3 4; do
		mkdir -p "$home/spool/n$i"
		slurmd -N n$i -f "$SLURM_CONF"
	done
	for ((i = 0; i < 100; i++)); do
		[ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" -eq 4 ] && break
		sleep 0.2
	done
	check "four nodes" "$(sinfo 2>&1; tail -n 3 "$home"/log/* "$home"/munge.err)" [ "$(sinfo -h -N -t idle -o %N | wc -l)" -eq 4 ]
}

# wait_all: until the queue is empty. Slurm lets a task of a lost node wait for two minutes: not here.
wait_all()
{
	local i job

	for ((i = 0; i < 400; i++)); do
		[ -z "$(squeue -h 2>/dev/null)" ] && return
		for job in $(squeue -h -t PD -o '%i %r' | sed -n 's/ BeginTime$//p'); do
			scontrol update JobId="$job" StartTime=now
		done
		sleep 0.2
	done
	squeue
	return 1
}
