"""`python -m elman` is `elman`."""

from elman.cli import main

raise SystemExit(main())
