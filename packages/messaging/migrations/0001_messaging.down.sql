drop function new_epoch();
drop function keep_partitions(interval);
drop function uuid_floor(timestamptz);
drop table dead_letters, heard_ahead, heard, relay, outbox, event_counter, inbox;
