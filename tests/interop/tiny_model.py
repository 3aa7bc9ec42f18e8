"""Writes a Llama of random weights as a GGUF file: `python tiny_model.py FILE`, where `gguf` is installed."""

import sys
from itertools import product

import numpy as np
import numpy.typing as npt
from gguf import GGUFWriter, TokenType  # type: ignore[import-not-found]

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 32, 2, 4, 64, 8192
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"
NOT_SAID = 3 + 256
"""Control tokens and loose bytes. They are never the likeliest, so that answers are text, and end where they must."""


def vocabulary() -> list[tuple[str, TokenType]]:
    """Control tokens, every byte, and a letter or two with and without a space before."""
    words = ["".join(pair) for pair in product("abcdefghijklmnopqrstuvwxyz", ("", *"aeinrst"))]
    return [
        ("<unk>", TokenType.UNKNOWN),
        ("<s>", TokenType.CONTROL),
        ("</s>", TokenType.CONTROL),
        *((f"<0x{byte:02X}>", TokenType.BYTE) for byte in range(256)),
        *((word, TokenType.NORMAL) for word in [*words, *(f"\u2581{word}" for word in words), "\u2581"]),
    ]


def describe(writer: GGUFWriter, tokens: list[tuple[str, TokenType]]) -> None:
    """Shape, tokens and chat template."""
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text for text, _ in tokens])
    writer.add_token_scores([float(len(text)) for text, _ in tokens])
    writer.add_token_types([kind for _, kind in tokens])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)


def weigh(writer: GGUFWriter, tokens: int) -> None:
    """The same random numbers each time."""
    chance = np.random.default_rng(0)

    def numbers(*shape: int) -> npt.NDArray[np.float32]:
        return np.asarray(chance.normal(size=shape) / np.sqrt(shape[-1]), np.float32)

    ones = np.ones(WIDTH, np.float32)
    shapes = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (WIDTH, WIDTH))
    shapes |= {"ffn_gate": (INNER, WIDTH), "ffn_up": (INNER, WIDTH), "ffn_down": (WIDTH, INNER)}
    for layer, (name, shape) in product(range(LAYERS), shapes.items()):
        writer.add_tensor(f"blk.{layer}.{name}.weight", numbers(*shape))
    for name in ("output_norm", *(f"blk.{n}.{norm}_norm" for n in range(LAYERS) for norm in ("attn", "ffn"))):
        writer.add_tensor(f"{name}.weight", ones)
    said = numbers(tokens, WIDTH) * WIDTH**0.5
    said[:NOT_SAID] = 0
    writer.add_tensor("token_embd.weight", numbers(tokens, WIDTH) * WIDTH**0.5)
    writer.add_tensor("output.weight", said)


def main() -> None:
    """Write it."""
    writer, tokens = GGUFWriter(sys.argv[1], "llama"), vocabulary()
    describe(writer, tokens)
    weigh(writer, len(tokens))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
