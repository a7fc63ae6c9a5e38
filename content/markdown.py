"""The Markdown of longer pages: what it may hold, as HTML for a web page, and as plain words for a message."""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

BLOCKS = frozenset({"root", "inline", "heading", "paragraph", "bullet_list", "ordered_list", "list_item"})
SPANS = frozenset({"text", "strong", "em", "link", "softbreak", "hardbreak"})
HEADINGS = frozenset({"h2", "h3"})
"""The title of the piece is the first heading."""
FOLLOWED = ("https://", "tel:")
CANNOT = {
    "blockquote": "a quotation",
    "code_block": "lines set in by four spaces",
    "code_inline": "a ` sign",
    "fence": "a ` sign",
    "heading": "a heading that does not begin with ## or ###",
    "hr": "a line of hyphens",
    "html_block": "HTML",
    "html_inline": "HTML",
    "image": "a picture",
    "link": "a link that does not begin with https:// or tel:",
    "table": "a table",
}
"""What a page may not hold, since it could not be said in a message: by the name the parser has for it."""
LEFT_OVER = re.compile(r"\*\*|__|\]\(|`|^[#>]|^ *[*+] ", re.MULTILINE)
"""Signs of Markdown that did not come out as what they were meant to be."""


def as_html(page: str) -> str:
    """Draw a page as HTML: HTML in it is shown as typed, and links tell nobody where they were followed."""
    parser = _parser(html=False)
    tokens = parser.parse(page)
    for token in tokens:
        for span in token.children or ():
            if span.type == "link_open":
                span.attrSet("rel", "noreferrer")
    drawn: str = parser.renderer.render(tokens, parser.options, {})
    return drawn


def as_words(page: str) -> str:
    """Say a page in plain words: a heading is a line, a list has a hyphen or a number before each of its lines."""
    return _said(_tree(page, html=False).children)


def unshowable(page: str) -> tuple[str, ...]:
    """Name what a page holds that cannot be shown everywhere, each once and in order; nothing: all is well."""
    found = [CANNOT.get(node.type, node.type) for node in _tree(page, html=True).walk() if not _is_fit(node)]
    left = [f"`{match.group().strip()}`" for match in LEFT_OVER.finditer(as_words(page))] if not found else []
    return tuple(dict.fromkeys([*found, *left]))


@cache
def _parser(*, html: bool) -> "MarkdownIt":
    """Return the parser. `html`: HTML and tables are told apart from words, only to be found."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": html})
    return parser.enable("table") if html else parser


def _tree(page: str, *, html: bool) -> "SyntaxTreeNode":
    from markdown_it.tree import SyntaxTreeNode

    return SyntaxTreeNode(_parser(html=html).parse(page))


def _is_fit(node: "SyntaxTreeNode") -> bool:
    if node.type == "heading":
        return node.tag in HEADINGS
    if node.type == "link":
        return str(node.attrs.get("href", "")).startswith(FOLLOWED)
    return node.type in BLOCKS | SPANS or node.type in {"thead", "tbody", "tr", "th", "td"}


def _said(blocks: "list[SyntaxTreeNode]") -> str:
    """Say blocks with an empty line between them; what a heading is over follows it at once."""
    said = ""
    for number, block in enumerate(blocks):
        if number:
            said += "\n" if blocks[number - 1].type == "heading" else "\n\n"
        said += "\n".join(_lines(block)) if block.type.endswith("_list") else _spans(block.children[0])
    return said


def _lines(block: "SyntaxTreeNode") -> Iterator[str]:
    """Say each line of a list, the lists within it set in by two spaces."""
    first = int(block.attrs.get("start", 1))
    for number, item in enumerate(block.children, first):
        mark = f"{number}. " if block.type == "ordered_list" else "- "
        yield mark + re.sub(r"\n+", "\n  ", _said(item.children))


def _spans(span: "SyntaxTreeNode") -> str:
    if span.type == "softbreak":
        return " "
    if span.type == "hardbreak":
        return "\n"
    said = "".join(map(_spans, span.children)) or span.content
    if span.type != "link":
        return said
    leads_to = str(span.attrs["href"]).removeprefix("tel:")
    return said if leads_to == said.replace(" ", "") else f"{said} ({leads_to})"
