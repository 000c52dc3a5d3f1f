import { z } from "zod";
import { shapeOf } from "./shape";

test("a shape is read field by field, with bounds, absences and defaults", () => {
  const schema = z.object({
    id: z.uuid(),
    lines: z
      .array(z.object({ quantity: z.int().min(1).max(9) }))
      .min(1)
      .max(3),
    tags: z.array(z.enum(["a", "b"])),
    note: z.string().max(20).nullable().optional(),
    limit: z.int().min(1).default(50),
    details: z.record(z.string(), z.unknown()).optional(),
  });
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
  expect(shapeOf({ ...json, additionalProperties: undefined })).toBe(
    [
      "{",
      "  id: uuid",
      "  lines: {",
      "    quantity: integer (1 to 9)",
      "  }[] (1 to 3)",
      '  tags: ("a" | "b")[]',
      "  note?: string (up to 20 characters) | null",
      "  limit?: integer (1 or more) = 50",
      "  details?: { any field }",
      "}",
    ].join("\n"),
  );
});
