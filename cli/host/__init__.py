"""What Continuum needs from the machine it runs on.

    survey() -> Host              facts only: asks programs, changes nothing
    checks(host) -> list[Check]   each fact against what is needed, with the next step
    ensure_engine(progress)       refuses on the first problem, else installs or starts the engine

`up`, `demo` and `doctor` use the same checks. A machine that is refused has not been changed.
"""
