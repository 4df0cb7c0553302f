"""The Yosys of the `pyosys` package as a program: ``python yosys_child.py LIBRARY SCRIPT``.

An error inside Yosys ends the process that hosts it, so it never runs in ours. LIBRARY is the compiled library inside
the package, found by the parent: the child has a clean environment, which hides a user's own package folder.
"""

import sys
from pathlib import Path


def main() -> None:
    """Run the script named by the second argument with the Yosys library named by the first."""
    library, script = sys.argv[1:]
    sys.path.append(str(Path(library).parent.parent))
    from pyosys import libyosys

    libyosys.run_pass(f"script {script}", libyosys.Design())


if __name__ == "__main__":
    main()
