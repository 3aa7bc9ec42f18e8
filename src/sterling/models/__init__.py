"""Models behind chat endpoints: asked once, paid once, and known by family."""

from sterling.models.endpoint import Endpoint, ModelRef

__all__ = ["Endpoint", "ModelRef"]
