drop view invoice_states;
drop table document_series, customer_accounts, invoice_settlements, credit_notes, invoices, invoice_sources;
drop domain source_kind, source_state;
drop function refuse_change();
