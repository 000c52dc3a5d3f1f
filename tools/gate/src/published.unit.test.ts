import { compare } from "./compare";
import { currentSnapshot, publishedSnapshot } from "./snapshot";

test("no message that was published breaks whoever asks, reads or hears it: otherwise declare its next version", () => {
  expect(compare(publishedSnapshot(), currentSnapshot()).breaks).toEqual([]);
});

test("every published message is compared", () => {
  expect(publishedSnapshot().messages.length).toBeGreaterThan(50);
  const nothingLeft = { version: "9.0.0", messages: [] };
  expect(compare(publishedSnapshot(), nothingLeft).breaks).toHaveLength(publishedSnapshot().messages.length);
});
