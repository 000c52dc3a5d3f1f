drop table chain, records;
drop function move_forward();
drop function refuse_change();
