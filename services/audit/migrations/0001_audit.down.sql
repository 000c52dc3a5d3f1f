drop table chain, records;
drop domain action, sha256;
drop function move_forward();
drop function refuse_change();
