-- A small shop: the tables that most applications have, the common types, keys
-- of each sort, foreign keys with actions, and a log table without any key.
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
USE shop;

CREATE TABLE customers (
  id int unsigned NOT NULL AUTO_INCREMENT,
  email varchar(120) NOT NULL,
  name varchar(80) NOT NULL,
  city varchar(40) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,
  born date DEFAULT NULL,
  tags set('new','regular','vip','blocked') NOT NULL DEFAULT 'new',
  credit decimal(10,2) NOT NULL DEFAULT 0.00,
  settings json DEFAULT NULL,
  created timestamp(3) NOT NULL DEFAULT current_timestamp(3),
  changed datetime(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),
  PRIMARY KEY (id),
  UNIQUE KEY email (email),
  KEY name (name)
) ENGINE=InnoDB;

CREATE TABLE addresses (
  customer_id int unsigned NOT NULL,
  kind enum('home','work','invoice') NOT NULL,
  street varchar(100) NOT NULL,
  zip char(8) NOT NULL,
  place point DEFAULT NULL,
  PRIMARY KEY (customer_id, kind),
  CONSTRAINT address_of FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE categories (
  id smallint NOT NULL AUTO_INCREMENT,
  parent_id smallint DEFAULT NULL,
  name varchar(60) NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT parent FOREIGN KEY (parent_id) REFERENCES categories (id) ON DELETE SET NULL
) ENGINE=InnoDB;

CREATE TABLE products (
  sku varchar(24) NOT NULL,
  category_id smallint DEFAULT NULL,
  title varchar(150) NOT NULL,
  description mediumtext DEFAULT NULL,
  price decimal(12,4) unsigned NOT NULL,
  weight float DEFAULT NULL,
  volume double DEFAULT NULL,
  flags bit(12) NOT NULL DEFAULT b'0',
  model_year year(4) DEFAULT NULL,
  picture blob DEFAULT NULL,
  checksum binary(16) DEFAULT NULL,
  gross decimal(14,4) GENERATED ALWAYS AS (price * 1.19) STORED,
  PRIMARY KEY (sku),
  KEY category (category_id),
  CONSTRAINT category FOREIGN KEY (category_id) REFERENCES categories (id) ON DELETE SET NULL
) ENGINE=InnoDB;

CREATE TABLE stock (
  sku varchar(24) NOT NULL,
  warehouse tinyint unsigned NOT NULL,
  quantity int NOT NULL,
  counted time(2) DEFAULT NULL,
  PRIMARY KEY (sku, warehouse),
  CONSTRAINT stock_of FOREIGN KEY (sku) REFERENCES products (sku) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB;

CREATE TABLE orders (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  customer_id int unsigned NOT NULL,
  status enum('open','paid','shipped','returned') NOT NULL DEFAULT 'open',
  placed datetime NOT NULL,
  total decimal(12,2) NOT NULL DEFAULT 0.00,
  note text DEFAULT NULL,
  PRIMARY KEY (id),
  KEY customer (customer_id, placed)
) ENGINE=InnoDB;

CREATE TABLE order_items (
  order_id bigint unsigned NOT NULL,
  line smallint unsigned NOT NULL,
  sku varchar(24) NOT NULL,
  quantity mediumint NOT NULL,
  price decimal(12,4) NOT NULL,
  PRIMARY KEY (order_id, line),
  CONSTRAINT item_of FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE payments (
  id binary(16) NOT NULL,
  order_id bigint unsigned NOT NULL,
  paid_at timestamp(6) NULL DEFAULT NULL,
  amount decimal(12,2) NOT NULL,
  reference varbinary(64) DEFAULT NULL,
  PRIMARY KEY (id),
  KEY order_id (order_id)
) ENGINE=InnoDB;

CREATE TABLE coupons (
  id int NOT NULL,
  code varchar(20) DEFAULT NULL,
  holder int unsigned DEFAULT NULL,
  percent tinyint NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY code (code),
  UNIQUE KEY holder (holder)
) ENGINE=InnoDB;

CREATE TABLE page_views (
  seen datetime(3) NOT NULL,
  page varchar(60) NOT NULL,
  visitor int DEFAULT NULL,
  duration float DEFAULT NULL
) ENGINE=InnoDB;
