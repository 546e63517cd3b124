"""The shape of a language model: what its weights are, from which every other figure follows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from .layout import Layout, layout_of


class ShapeError(ValueError):
    """A model's shape is missing, unknown or impossible; the message names the key."""


@dataclass(frozen=True)
class LinearModule:
    """One kind of linear projection and how often the model has it."""

    name: str
    inputs: int
    outputs: int
    copies: int
    group: str
    """`attention`, `mlp`, `experts` or `shared_expert`."""

    @property
    def weights(self) -> int:
        """Parameters of all copies, without biases."""
        return self.inputs * self.outputs * self.copies


@dataclass(frozen=True)
class ModelShape:
    """Architecture numbers of one model.

    Sizes are counts; `context_length` is in tokens. For a mixture of experts `intermediate_size` is that of its dense
    layers and `moe_intermediate_size` that of one expert. `layers` of an encoder-decoder counts both stacks.

    Raises:
        ShapeError: the architecture is not in the catalogue, or a count is not positive.
    """

    name: str
    hf_id: str
    architecture: str
    layers: int
    hidden_size: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    intermediate_size: int
    vocab_size: int
    tied_embeddings: bool
    context_length: int = 0
    experts: int = 0
    experts_per_token: int = 0
    moe_intermediate_size: int = 0
    shared_intermediate_size: int = 0
    dense_layers: int = 0
    """Layers of a mixture of experts that have no experts."""
    decoder_layers: int = 0
    """Layers with cross-attention, in an encoder-decoder."""
    position_rows: int = 0
    """Rows of a learned position table."""
    other_parameters: int = 0
    """Parameters beside the language model, such as a vision tower; kept frozen and unquantised."""
    published_params: int = 0
    """The count that the publisher states; used where the layout is only approximate."""
    lora_targets: tuple[str, ...] = field(default=())
    license: str = ""
    sources: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if layout_of(self.architecture) is None:
            raise ShapeError(f"unknown architecture {self.architecture!r}")
        for key in ("layers", "hidden_size", "attention_heads", "kv_heads", "head_dim", "vocab_size"):
            if getattr(self, key) <= 0:
                raise ShapeError(f"{key} must be a positive number, got {getattr(self, key)!r}")
        if self.intermediate_size <= 0 and self.moe_intermediate_size <= 0:
            raise ShapeError(f"intermediate_size must be a positive number, got {self.intermediate_size!r}")

    @cached_property
    def layout(self) -> Layout:
        """How the weights are laid out."""
        layout = layout_of(self.architecture)
        assert layout is not None  # noqa: S101 - checked when the shape was made
        return layout

    @property
    def approximate(self) -> str:
        """Why figures for this model are approximate; empty where they are exact."""
        return self.layout.approximate

    @property
    def is_mixture(self) -> bool:
        """Whether tokens are routed to experts."""
        return self.experts > 1

    @cached_property
    def query_width(self) -> int:
        """Width of all query heads together."""
        return self.attention_heads * self.head_dim

    @cached_property
    def kv_width(self) -> int:
        """Width of all key heads together, which is that of the value heads."""
        return self.kv_heads * self.head_dim

    @cached_property
    def linear_modules(self) -> tuple[LinearModule, ...]:
        """Every linear projection inside the layers; the output layer and the router are not among them."""
        return (*self._attention_modules(), *self._mlp_modules())

    @cached_property
    def linear_parameters(self) -> int:
        """Weights of the projections inside the layers: what 4-bit loading quantises."""
        return sum(module.weights for module in self.linear_modules)

    @cached_property
    def embedding_parameters(self) -> int:
        """Weights of the token and position embeddings."""
        return (self.vocab_size + self.position_rows) * self.hidden_size

    @cached_property
    def head_parameters(self) -> int:
        """Weights of the output layer; zero when it shares the embeddings."""
        return 0 if self.tied_embeddings else self.vocab_size * self.hidden_size

    @cached_property
    def params(self) -> int:
        """All parameters; the published count where the layout is approximate and a count is published."""
        if self.approximate and self.published_params:
            return self.published_params
        return (
            self.embedding_parameters
            + self.head_parameters
            + self.linear_parameters
            + self.small_parameters
            + self.other_parameters
        )

    @cached_property
    def small_parameters(self) -> int:
        """Norms, biases and routers: what stays unquantised inside the layers."""
        layout = self.layout
        per_norm = self.hidden_size * (2 if layout.norm_bias else 1)
        norms = (layout.norms * self.layers + self.decoder_layers + 1 + (1 if self.decoder_layers else 0)) * per_norm
        query_key = {"none": 0, "head": 2 * self.head_dim, "full": self.query_width + self.kv_width}[layout.qk_norm]
        return norms + query_key * self.layers + self._bias_parameters() + self._router_parameters()

    @cached_property
    def active_parameters(self) -> int:
        """Parameters that one token passes through: all of a dense model, the chosen experts of a mixture."""
        if not self.is_mixture:
            return self.params
        idle = self.experts - self.experts_per_token
        return self.params - self.expert_parameters * idle // self.experts

    @cached_property
    def expert_parameters(self) -> int:
        """Weights of all routed experts; none in a dense model."""
        return sum(module.weights for module in self.linear_modules if module.group == "experts")

    @cached_property
    def mlp_width(self) -> int:
        """Width of the feed-forward layer that one token passes through, experts counted together."""
        if not self.is_mixture:
            return self.intermediate_size
        return self.moe_intermediate_size * self.experts_per_token + self.shared_intermediate_size

    @cached_property
    def largest_projection(self) -> int:
        """Weights of the largest single projection."""
        return max(module.inputs * module.outputs for module in self.linear_modules)

    @cached_property
    def projections(self) -> dict[str, tuple[int, int]]:
        """For each group, how many kinds of projection read the hidden states, and how many write to them."""
        return count_projections(self.linear_modules, self.layout)

    def _attention_modules(self) -> tuple[LinearModule, ...]:
        names, hidden, query, kv = self.layout.attention_names, self.hidden_size, self.query_width, self.kv_width
        copies = self.layers + self.decoder_layers
        if self.layout.attention == "fused_qkv_o":
            sizes = [(hidden, query + 2 * kv), (query, hidden)]
        else:
            sizes = [(hidden, query), (hidden, kv), (hidden, kv), (query, hidden)]
        return tuple(LinearModule(n, i, o, copies, "attention") for n, (i, o) in zip(names, sizes, strict=True))

    def _mlp_modules(self) -> tuple[LinearModule, ...]:
        if not self.is_mixture:
            return self._mlp(self.layout.mlp_names, self.intermediate_size, self.layers, "mlp")
        routed = self.layers - self.dense_layers
        modules = self._mlp(self.layout.moe_names, self.moe_intermediate_size, routed * self.experts, "experts")
        if self.shared_intermediate_size:
            modules += self._mlp(self.layout.mlp_names, self.shared_intermediate_size, routed, "shared_expert")
        if self.dense_layers:
            modules += self._mlp(self.layout.mlp_names, self.intermediate_size, self.dense_layers, "mlp")
        return modules

    def _mlp(self, names: tuple[str, ...], width: int, copies: int, group: str) -> tuple[LinearModule, ...]:
        hidden = self.hidden_size
        sizes = {
            "gated": [(hidden, width), (hidden, width), (width, hidden)],
            "fused_gate_up": [(hidden, 2 * width), (width, hidden)],
            "plain": [(hidden, width), (width, hidden)],
        }[self.layout.mlp]
        return tuple(LinearModule(n, i, o, copies, group) for n, (i, o) in zip(names, sizes, strict=True))

    def _bias_parameters(self) -> int:
        per_layer = 0
        if "qkv" in self.layout.biases:
            per_layer += self.query_width + 2 * self.kv_width
        if "o" in self.layout.biases:
            per_layer += self.hidden_size
        if "mlp" in self.layout.biases:
            per_layer += self.intermediate_size + self.hidden_size
        experts = 0
        if self.layout.expert_bias:
            experts = self.layers * self.experts * (2 * self.moe_intermediate_size + self.hidden_size + 1)
        return per_layer * self.layers + experts

    def _router_parameters(self) -> int:
        return (self.layers - self.dense_layers) * self.experts * self.hidden_size if self.is_mixture else 0


def count_projections(modules: Iterable[LinearModule], layout: Layout) -> dict[str, tuple[int, int]]:
    """For each group of `modules`, how many kinds of projection read the hidden states, and how many write to them."""
    counts = dict.fromkeys(("attention", "mlp", "experts", "shared_expert"), (0, 0))
    writers = {layout.attention_names[-1], layout.mlp_names[-1], layout.moe_names[-1]}
    for module in modules:
        readers, written = counts[module.group]
        counts[module.group] = (readers, written + 1) if module.name in writers else (readers + 1, written)
    return counts
