"""The command line: ``separatrix list | run | diagnose | runs | show | compare``.

Nothing heavy is imported here, so that ``--help``, ``--version`` and completion answer at once.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import separatrix
from separatrix.app.completion import study_slugs
from separatrix.errors import SeparatrixError

HOLDS, FAILS, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

_HELP = """See on which side of a separatrix a learner is: lazy or rich, stable or not, converged or merely stuck.

Ask questions of your own training run, or run the papers that make the answers trustworthy.

[bold]Begin with[/bold]

  separatrix list                  what can be run

  separatrix run deep-linear       a paper made executable: does each claim hold?

  separatrix diagnose runs/mine    questions about a run that you recorded

[bold]Exit codes[/bold]: 0 all hold, or answered; 1 some claim fails; 2 bad usage or input; 130 interrupted.
"""

app = typer.Typer(
    name="separatrix",
    help=_HELP,
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Folder of runs; default $SEPARATRIX_RUNS, or ./runs.", show_default=False
    ),
]
RunName = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run's id, the beginning of one, a study's name (its latest run) or 'last'."),
]


def _print_version(wanted: bool) -> bool:
    if wanted:
        sys.stdout.write(f"separatrix {separatrix.__version__}\n")
        raise typer.Exit
    return wanted


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """What can be run: one line a study.

    [bold]Example[/bold]: separatrix list --json
    """
    from separatrix.app.listing import show_studies

    show_studies(as_json)


@app.command("run")
def run_command(
    slugs: Annotated[
        list[str] | None, typer.Argument(metavar="SLUG...", help="Names of studies.", autocompletion=study_slugs)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Run every study.")] = False,
    profile: Annotated[
        str,
        typer.Option(
            metavar="quick|full",
            help="quick: under a minute on two cores. full: the paper's own size.",
            autocompletion=lambda: ["quick", "full"],
        ),
    ] = "quick",
    seeds: Annotated[
        int | None, typer.Option(metavar="N", help="Number of seeds; verdicts need at least 5.", show_default=False)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one number of the study; may be repeated."),
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Compute on a Dask cluster, for example tcp://10.0.0.1:8786.", show_default=False
        ),
    ] = None,
) -> None:
    """Run papers: each claim [bold]holds[/bold], [bold]fails[/bold] or is [bold]undecided[/bold].

    The verdict compares the measured number's 95 % interval over seeds with what is expected.

    A run that was killed resumes when the same command is given again.

    [bold]Examples[/bold]

      separatrix run deep-linear

      separatrix run deep-linear saddle-to-saddle --seeds 10 --out results

      separatrix run dynamical-stability --set seed=3 --json

    Raises:
        Exit: with the exit code.
    """
    from separatrix.app.running import Request, run_studies

    request = Request(tuple(slugs or ()), every, profile, seeds, tuple(settings or ()), out, as_json, cluster)
    raise typer.Exit(run_studies(request))


@app.command("diagnose")
def diagnose_command(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="A recorded run, a folder step-000100.safetensors ..., or a series.csv."),
    ],
    ask: Annotated[
        str | None, typer.Option(metavar="QUESTION", help="Only this question (words of it).", show_default=False)
    ] = None,
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a report to open in a browser.", show_default=False)
    ] = None,
) -> None:
    """Ask questions of your own run or series: a saddle or the end? Lazy or rich? Which modes are real?

    Attach [bold]separatrix.probes.Recorder[/bold] to the training loop, in PyTorch or JAX.

    Or give a folder of safetensors checkpoints: that answers what weights alone can answer.

    Or a series of states (CSV, Parquet, NetCDF, Zarr, NPZ): modes with certificates, and how far it can be forecast.

    [bold]Examples[/bold]

      separatrix diagnose runs/digits

      separatrix diagnose runs/digits --ask plateau --html report.html

      separatrix diagnose series.csv --ask modes
    """
    from separatrix.app.diagnosis import diagnose_run

    diagnose_run(run, ask, as_json, html)


@app.command("runs")
def runs_command(out: Out = None, as_json: AsJson = False) -> None:
    """What has been run, the latest first."""
    from separatrix.app.archive import show_runs

    show_runs(out, as_json)


@app.command("show")
def show_command(run: RunName, out: Out = None, as_json: AsJson = False) -> None:
    """A run's verdicts, settings and files.

    [bold]Examples[/bold]: separatrix show last;  separatrix show deep-linear-2 --json
    """
    from separatrix.app.archive import show_run

    show_run(run, out, as_json)


@app.command("compare")
def compare_command(
    first: Annotated[str, typer.Argument(metavar="RUN", help="A run, named as in 'show'.")],
    second: Annotated[str, typer.Argument(metavar="RUN", help="Another run of the same study.")],
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Two runs side by side: settings that differ, claims that come out otherwise."""
    from separatrix.app.archive import compare_runs

    compare_runs(first, second, out, as_json)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code.

    Args:
        arguments: as in ``sys.argv[1:]``, which is the default.

    Raises:
        SystemExit: always, with the exit code.
    """
    raise SystemExit(_exit_code(arguments))


def _exit_code(arguments: Sequence[str] | None) -> int:
    command = typer.main.get_command(app)
    try:
        code = command.main(args=None if arguments is None else list(arguments), standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else HOLDS
    except SeparatrixError as error:
        return _complain(str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("\nInterrupted. Nothing is lost: give the same command again to go on from here.\n")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left, as `| head` does
        return HOLDS
    except Exception as error:
        if not hasattr(error, "format_message"):  # a usage error of typer's own
            raise
        return _usage(error)


def _usage(error: Any) -> int:
    message = " ".join(str(error.format_message()).split())
    context = getattr(error, "ctx", None)
    if not message:  # nothing was asked: the help has been printed
        return BAD_INPUT
    path = context.command_path if context is not None else "separatrix"
    return _complain(f"{message.rstrip('.')}. See '{path} --help'.")


def _complain(message: str) -> int:
    sys.stderr.write(f"Error: {' '.join(message.split())}\n")
    return BAD_INPUT


if __name__ == "__main__":
    main()
