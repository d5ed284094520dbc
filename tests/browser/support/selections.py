"""Select words of a text, as a user does."""

from playwright.sync_api import Page

_RANGE = """(words) => {
  const walker = document.createTreeWalker(document.querySelector("[data-marking]"), NodeFilter.SHOW_TEXT), places = [];
  let text = "";
  while (walker.nextNode()) {
    const { currentNode: node } = walker;
    if (node.parentElement.closest(".cite, .ref, .notes, form")) continue;
    for (let at = 0; at < node.length; at += 1) places.push([node, at]);
    text += node.data;
  }
  const at = text.indexOf(words), range = new Range();
  if (at < 0) throw new Error(`no ${words}`);
  const [first, last] = [places[at], places[at + words.length - 1]];
  first[0].parentElement.scrollIntoView({ block: "center" });
  range.setStart(...first);
  range.setEnd(last[0], last[1] + 1);
  getSelection().removeAllRanges();
  return range;
}"""
_BOX = f"""(words) => {{
  const boxes = [...({_RANGE})(words).getClientRects()].filter((box) => box.width);
  const [first, last] = [boxes[0], boxes.at(-1)];
  return [first.left, first.top + first.height / 2, last.right, last.top + last.height / 2];
}}"""


def select_by_mouse(page: Page, words: str) -> None:
    """Drag over words of the text; between two lines of a PDF there is no space."""
    left, top, right, bottom = page.evaluate(_BOX, words)
    page.mouse.move(left + 0.5, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2)
    page.mouse.move(right - 0.5, bottom)
    page.mouse.up()


def select_by_handles(page: Page, words: str) -> None:
    """Select words as the handles of a touch screen do: without a pointer that is released."""
    page.evaluate(f"(words) => getSelection().addRange(({_RANGE})(words))", words)
