# doctor-lib.sh: what the tests of `pxrelayctl doctor' share. Sourced by bash, never run.

# pe FILE MACHINE: makes a file with the header of a UEFI program.
pe()
{
	{
		printf 'MZ'
		head -c 58 /dev/zero
		printf '\x80\0\0\0'
		head -c 64 /dev/zero
		printf 'PE\0\0'
		printf "$2"
		head -c 2000 /dev/zero
	} >"$1"
}

# doctor ARGUMENT...: runs in the router and writes doctor.json; returns its exit status.
doctor()
{
	ns rtr "$PXRELAYCTL" -s "$CTL" --json doctor "$@" >"$T/doctor.json"
}

# found INTERFACE CODE [TEXT]: there is such a finding, with this text somewhere in it.
found()
{
	"$PYTHON" - "$T/doctor.json" "$@" <<-'END'
	import json, sys
	doc = json.load(open(sys.argv[1]))
	rows = [r for f in doc["interfaces"] + [doc["host"]]
	        if f["interface"] == sys.argv[2] for r in f["checks"]
	        if r["code"] == sys.argv[3]]
	text = sys.argv[4] if len(sys.argv) > 4 else ""
	sys.exit(not any(text in json.dumps(r) for r in rows))
	END
}

# failed INTERFACE: prints the codes of what failed there.
failed()
{
	"$PYTHON" - "$T/doctor.json" "$1" <<-'END'
	import json, sys
	doc = json.load(open(sys.argv[1]))
	print(*sorted({r["code"] for f in doc["interfaces"] + [doc["host"]]
	               if f["interface"] == sys.argv[2] for r in f["checks"]
	               if r["status"] == "fail"}))
	END
}
