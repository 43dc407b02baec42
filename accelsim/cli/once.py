"""A command whose options of one value are given once at most."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from accelsim.errors import Problem, UsageError


class Once(TyperCommand):
    """Refuses an option that is given twice, of which the last would silently win.

    Switches may be repeated, and options that take several values.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a call.

        Raises
        ------
        UsageError
            Naming an option that is given twice.
        """
        given: set[str] = set()
        order: list[Any] = self.make_parser(ctx).parse_args(args=[*args])[2]
        for option in order:
            repeatable = option.multiple or option.is_flag if option.opts[0][0] == "-" else True
            if option.name in given and not repeatable and not ctx.resilient_parsing:
                name = max(option.opts, key=len)
                raise UsageError(Problem(f"{name} is given twice", expected="one value"))
            given.add(option.name)
        return super().parse_args(ctx, args)
