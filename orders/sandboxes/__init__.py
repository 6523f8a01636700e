"""Local servers that stand for the outside systems, each with its own ledger and none with a model of ours."""
