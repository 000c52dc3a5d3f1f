drop table refresh_tokens;
drop table sessions;
drop table users;
drop table role_permissions;
drop table permissions;
drop table roles;
