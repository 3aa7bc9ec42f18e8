"""`debate`: a question argued from two opposed positions, as reasoning that ends in an answer, or as a preference."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from sterling.generate.arguing import Debated, Side, refuse_labels, transcript
from sterling.generate.chats import bare, opening_of, question_of, refuse_declined
from sterling.generate.grid import Cell, GridStrategy
from sterling.generate.making import Draft, Writer
from sterling.models import Answer, Endpoint, ModelRef, Models, Unanswered, lineage
from sterling.records import Fault, Record
from sterling.registry import Task, register
