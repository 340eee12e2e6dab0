-- Tables with keys of many types, for t/dts-apply-batch.bats.
create table k1 (id varchar(20) character set latin1 primary key, v int, w text);
create table k2 (id datetime(6) primary key, v int, w text);
create table k3 (id decimal(20,3) primary key, v int, w text);
create table k4 (id enum('a','b','c','d','e','f','g','h','i','j') primary key, v int, w text);
create table k5 (id bigint unsigned primary key, v int, w text);
create table k6 (id date, y bigint not null, v int, w text character set latin1, primary key (id, y));
create table k7 (id char(5) collate utf8mb4_bin primary key, v timestamp not null default current_timestamp on update current_timestamp, w json);
create table k8 (id int primary key auto_increment, v float, w double, x int default 5);
create table k9 (id year primary key, v bit(1), w mediumblob);
