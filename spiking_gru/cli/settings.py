"""Options of a command from the fields of its settings: name, type, default and help stand once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from spiking_gru.settings import TrainingSettings


def options_from(model: type[BaseModel]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each field of `model`.

    The command gets those that were given as the dictionary `chosen`. The model itself says what it
    allows, and what holds where an option was not given.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def with_options(context: typer.Context, **given: Any) -> None:
            values = {name: given.pop(name) for name in model.model_fields}
            chosen = {name: value for name, value in values.items() if _was_given(context, name)}
            command(chosen=chosen, **given)

        parameters = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=_option(name, field),
            )
            for name, field in model.model_fields.items()
        ]
        own = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for name, parameter in inspect.signature(command, eval_str=True).parameters.items()
            if name != "chosen"
        ]
        context = inspect.Parameter(
            "context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context
        )
        signature = inspect.Signature([context, *parameters, *own])
        with_options.__signature__ = signature  # type: ignore[attr-defined]
        with_options.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
        with_options.__name__, with_options.__doc__ = command.__name__, command.__doc__
        return with_options

    return decorate


def training_settings(chosen: Mapping[str, Any]) -> TrainingSettings:
    """Return the settings of a training from the options that were given."""
    from pydantic import ValidationError

    from hardware.errors import InputError
    from hardware.files.disk import first_fault
    from spiking_gru.data.registry import located

    values = dict(chosen)
    if "data" in values:
        values["data"] = located(values["data"])
    try:
        return TrainingSettings.model_validate(values)
    except ValidationError as error:
        raise InputError(first_fault(error)) from error


def _was_given(context: typer.Context, name: str) -> bool:
    # By name, because newer versions of typer bring a click of their own.
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _option(name: str, field: FieldInfo) -> Any:
    flag = f"--{name.replace('_', '-')}"
    return Annotated[field.annotation, typer.Option(flag, help=field.description)]
