-- What a shop has beside its tables, for t/demo: a function, a view that needs it, a trigger and an event.
USE shop;
CREATE FUNCTION net (gross decimal(12,2)) RETURNS decimal(12,2) DETERMINISTIC RETURN gross / 1.19;
CREATE VIEW best_customers AS
  SELECT customer_id, COUNT(*) AS orders, SUM(net(total)) AS net FROM orders GROUP BY customer_id HAVING COUNT(*) > 1;
CREATE TRIGGER seen AFTER INSERT ON orders FOR EACH ROW INSERT INTO page_views VALUES (NEW.placed, '/ordered', NEW.customer_id, NULL);
CREATE EVENT interest ON SCHEDULE EVERY 1 SECOND DO UPDATE customers SET credit = credit + 0.01 WHERE id = 1;
