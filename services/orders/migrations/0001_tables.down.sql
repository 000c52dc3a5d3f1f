drop table sagas;
drop table order_lines;
drop table orders;
drop table customers;
