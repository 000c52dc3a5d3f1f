drop view invoice_states;
drop table document_series, customer_accounts, invoice_settlements, credit_notes, invoices, invoice_sources;
drop function refuse_change();
