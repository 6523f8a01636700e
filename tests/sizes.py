"""How large the proofs are: a sample in `make test`, more of them in CI, and everything in `make proof`.

The variable PROOF is unset for the first, `ci` for the second and `full` for the third. What is marked `proof` is too
long for the first.
"""

import os

IS_FULL = os.environ.get("PROOF") == "full"
IS_SAMPLE = not os.environ.get("PROOF")
