drop function assume(boolean);
