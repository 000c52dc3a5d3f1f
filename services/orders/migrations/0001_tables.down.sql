drop table sagas;
drop table order_lines;
drop table orders;
drop table customers;
drop domain amount_minor, order_status, payment_status, tax_code, saga_phase;
