"""Settings that users make by a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from hardware.errors import SettingError, choose

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass

    CalledByUsers = ModelMetaclass
else:

    class CalledByUsers(type(BaseModel)):
        """Makes a wrong call of a class one SettingError; files are validated without a call."""

        def __call__(self, **given):
            for name in given:
                choose("setting", name, self.model_fields)
            try:
                return super().__call__(**given)
            except ValidationError as error:
                from hardware.files.disk import first_fault

                raise SettingError(first_fault(error)) from error
