import type { TaxLine } from "./tax";

export interface CreditRest {
  taxes: TaxLine[];
  subtotalMinor: number;
  taxMinor: number;
  totalMinor: number;
}

type Taxed = Pick<CreditRest, "taxes">;

/**
 * What of an invoice is not credited yet, per tax code: its bases and taxes less those of the earlier credit notes. The
 * tax is taken back as it was charged, not computed again, so that all notes together give exactly the invoice.
 */
export function creditRest(invoice: Taxed, earlier: readonly Taxed[]): CreditRest {
  const taxes = invoice.taxes.map((charged) => {
    const credited = earlier.flatMap((note) =>
      note.taxes.filter(({ taxCode }) => taxCode === charged.taxCode),
    );
    return {
      ...charged,
      baseMinor: charged.baseMinor - sum(credited.map(({ baseMinor }) => baseMinor)),
      taxMinor: charged.taxMinor - sum(credited.map(({ taxMinor }) => taxMinor)),
    };
  });
  const subtotalMinor = sum(taxes.map(({ baseMinor }) => baseMinor));
  const taxMinor = sum(taxes.map((tax) => tax.taxMinor));
  return { taxes, subtotalMinor, taxMinor, totalMinor: subtotalMinor + taxMinor };
}

function sum(amountsMinor: readonly number[]): number {
  return amountsMinor.reduce((total, amountMinor) => total + amountMinor, 0);
}
