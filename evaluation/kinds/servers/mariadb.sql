-- What queries of the oracle `sql` can read, in a database called `probe`, and a function that writes when it is called.
CREATE TABLE t (id int PRIMARY KEY, a int, b int, name text);
CREATE TABLE u (id int PRIMARY KEY, a int, b int, name text);
CREATE TABLE orders (id int, a int, b int, name text);
CREATE TABLE secrets (id int, a int, b int, name text);
CREATE TABLE Weird (id int, a int, b int, name text);
CREATE TABLE v (id int, a int, b int, name text);
CREATE TABLE log (x int);
CREATE SEQUENCE s NOCACHE;
INSERT INTO t VALUES (1, 2, 3, 'n'), (2, 3, 4, 'm');
INSERT INTO u SELECT * FROM t;
INSERT INTO orders SELECT * FROM t;
INSERT INTO v SELECT * FROM t;
INSERT INTO secrets SELECT * FROM t;
DELIMITER //
CREATE FUNCTION `purge`() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO log VALUES (1); RETURN 1; END//
DELIMITER ;
