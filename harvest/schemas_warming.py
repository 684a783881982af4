"""Shapes of the route of cache warming, for the OpenAPI document."""

from typing import Literal

from ninja import Schema
from pydantic import Field

from jobs.schemas import JobMetadata, StartedData
from scanning.schemas import PlanData


class WarmingTold(Schema):
    authorsQueued: int = Field(description="authors whose bibliographies are asked for")
    estimatedWorks: int = Field(description="what that comes to: of authors known here as many as they have, of others a mean")
    rowsUnusable: int = Field(description="rows that name no ISBN, no title and no author")


class WarmingStartedData(StartedData, WarmingTold):
    pass


class WarmingStartedReply(Schema):
    success: Literal[True]
    data: WarmingStartedData
    metadata: JobMetadata


class WarmingPlanData(PlanData, WarmingTold):
    keys: int = Field(description="of the cache: a book without an ISBN has two")


class WarmingPlanReply(Schema):
    success: Literal[True]
    data: WarmingPlanData
    metadata: JobMetadata
