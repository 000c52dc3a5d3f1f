import { generatedFiles, staleAmong } from "./index";

test("what is generated from the code is up to date: otherwise run `npm run generate`", () => {
  expect(staleAmong(generatedFiles())).toEqual([]);
});
