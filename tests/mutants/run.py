"""run.py BUILD TARGET PROGRAM FILTER: builds a mutant and passes iff its tests ran and some failed."""
import re
import subprocess
import sys

build, target, program, cases = sys.argv[1:]
subprocess.run(["cmake", "--build", build, "--target", target], check=True)
run = subprocess.run([program, f"--gtest_filter={cases}"], capture_output=True, text=True)
print(run.stdout[-3000:], run.stderr[-1000:])
failed = re.search(r"^\[  FAILED  \]", run.stdout, re.MULTILINE)
if run.returncode != 1 or not failed:
    sys.exit(f"{target} went unnoticed (exit code {run.returncode})")
print(f"{target} was noticed")
