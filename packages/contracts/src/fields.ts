import { z } from "zod";

// Bounds shared by all messages. Every string and list that enters the system has one.
export const linesPerOrderMax = 200;
export const quantityMax = 1_000_000_000;
/** 9,999,999,999.99 in minor units: ten thousand such sums still fit a double's exact integers (2^53). */
export const amountMinorMax = 999_999_999_999;
export const pageSizeMax = 200;

/** In lower case, as Postgres answers it: two spellings of one id must not be two. */
export const Id = z.uuid().toLowerCase();
export const ProductId = z.int().min(1).max(2_147_483_647);
/** Whole units of the product's unit of measure. */
export const Quantity = z.int().min(1).max(quantityMax);
/** Money in minor units (cents): an integer, never a float. */
export const AmountMinor = z.int().min(0).max(amountMinorMax);
/** Unit cost with four decimal places, as an integer of 1/10,000. */
export const CostE4 = z
  .int()
  .min(0)
  .max(amountMinorMax * 100);
// ISO 8601 has a year 0000 and Postgres has none; it would refuse what passed here as a failure of ours.
const hasYear = (text: string) => !text.startsWith("0000");
const sinceYear1 = "must be in the year 0001 or later";
/** UTC; fractions of a second as long as they fit. */
export const Time = z.iso.datetime().max(35).refine(hasYear, sinceYear1);
export const Day = z.iso.date().refine(hasYear, sinceYear1);

/** A decimal that is kept as text, such as a meter reading; a JSON number is taken as its shortest text. */
export function decimalText(pattern: RegExp) {
  return z
    .preprocess((value) => (typeof value === "number" ? String(value) : value), z.string().regex(pattern))
    .describe("A decimal as text; a JSON number is taken too.");
}

export const Version = z.int().min(1);
export const Name = z.string().trim().min(1).max(200);
export const Text = z.string().trim().max(2_000);
export const Email = z.string().trim().toLowerCase().max(254).pipe(z.email());
export const Currency = z.string().regex(/^[A-Z]{3}$/);
/** A rate in basis points: 900 is 9 %. */
export const RateBps = z.int().min(0).max(10_000);
export const TaxCode = z.enum(["STANDARD", "ZERO", "EXEMPT"]);
export const PaymentTerms = z.enum(["CASH", "CREDIT"]);
/** Opaque cursor of a list: what `next` said. */
export const Cursor = z.string().min(1).max(200);

/** The bounds of one page of a list: at most `limit` rows after the cursor. */
export const Page = z.object({
  limit: z.coerce.number().int().min(1).max(pageSizeMax).default(50),
  after: Cursor.optional(),
});

/** A list's answer: its rows and the cursor of the next page, or null at the end. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({ data: z.array(row), next: Cursor.nullable() });
}

/** Who made and last changed a record, on every entity (DOMAIN.md, Conventions). */
export const Stamps = z.object({
  createdAt: Time,
  createdBy: z.string().max(200).nullable(),
  updatedAt: Time,
  updatedBy: z.string().max(200).nullable(),
});

/** A line of an order as the buyer asks for it. */
export const OrderLine = z.object({ productId: ProductId, quantity: Quantity });
export const OrderLines = z.array(OrderLine).min(1).max(linesPerOrderMax);

/** A query's "true" or "false". */
export const Flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((word) => word === "true")]);
