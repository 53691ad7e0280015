#include "server/demo_tables.h"

#include <fmt/format.h>

#include <chrono>

namespace sluice::server {
namespace {

namespace chrono = std::chrono;

// Choices by hash: `salt` makes the columns of a row independent of each other (hashed twice, as
// one hash of both leaves them related). Picking from a list is slow: the large tables use CASE.
// Row numbers come from a table, since it is scanned in parallel and range() is not.
constexpr std::string_view kMacros = R"sql(
CREATE SCHEMA demo;
CREATE MACRO demo.roll(i, salt, n) AS (hash(hash(i, salt)) % n)::INTEGER;
CREATE MACRO demo.pick(list, i, salt) AS list[1 + demo.roll(i, salt, len(list))];
CREATE TABLE demo.rows AS SELECT i FROM range(600000) r(i);
CREATE MACRO demo.at(seconds) AS to_timestamp(seconds::BIGINT);
CREATE MACRO demo.place(customer) AS demo.pick([
  {country: 'United States', city: 'Chicago', region: 'North America'},
  {country: 'United States', city: 'Seattle', region: 'North America'},
  {country: 'United States', city: 'Austin', region: 'North America'},
  {country: 'Canada', city: 'Montréal', region: 'North America'},
  {country: 'Mexico', city: 'Puebla', region: 'North America'},
  {country: 'Brazil', city: 'São Paulo', region: 'South America'},
  {country: 'Chile', city: 'Valparaíso', region: 'South America'},
  {country: 'Argentina', city: 'Rosario', region: 'South America'},
  {country: 'Germany', city: 'Hamburg', region: 'Europe'},
  {country: 'Germany', city: 'Köln', region: 'Europe'},
  {country: 'France', city: 'Lyon', region: 'Europe'},
  {country: 'United Kingdom', city: 'Leeds', region: 'Europe'},
  {country: 'Spain', city: 'València', region: 'Europe'},
  {country: 'Poland', city: 'Gdańsk', region: 'Europe'},
  {country: 'Japan', city: 'Ōsaka', region: 'Asia Pacific'},
  {country: 'India', city: 'Pune', region: 'Asia Pacific'},
  {country: 'Australia', city: 'Brisbane', region: 'Asia Pacific'},
  {country: 'Singapore', city: 'Singapore', region: 'Asia Pacific'},
  {country: 'Nigeria', city: 'Lagos', region: 'Africa'},
  {country: 'Kenya', city: 'Nairobi', region: 'Africa'},
  {country: 'South Africa', city: 'Durban', region: 'Africa'},
  {country: 'Türkiye', city: 'İzmir', region: 'Middle East'},
  {country: 'United Arab Emirates', city: 'Dubai', region: 'Middle East'},
  {country: 'Jordan', city: 'Amman', region: 'Middle East'}], customer, 'place');
CREATE MACRO demo.price(product) AS ((499 + demo.roll(product, 'price', 49500)) / 100)::DECIMAL(10, 2);
)sql";

constexpr std::string_view kCustomers = R"sql(
CREATE TABLE demo.customers AS
SELECT id AS customer_id,
  demo.pick(['Ada', 'Amara', 'Bruno', 'Carmen', 'Chen', 'Dara', 'Elif', 'Emil', 'Fatima', 'Grace',
    'Hana', 'Ines', 'Jonas', 'Kofi', 'Lena', 'Liam', 'Mateo', 'Mei', 'Nadia', 'Noah', 'Olga', 'Priya',
    'Rafael', 'Sofia', 'Tomás', 'Uma', 'Viktor', 'Wanjiru', 'Yuki', 'Zoë'], id, 'first') AS first_name,
  demo.pick(['Abebe', 'Andersson', 'Bauer', 'Costa', 'Dubois', 'Evans', 'Fernández', 'García', 'Haddad',
    'Ito', 'Jansen', 'Kaya', 'Kowalski', 'Kumar', 'Lee', 'Martin', 'Moreau', 'Müller', 'Nguyen',
    'O''Brien', 'Okafor', 'Patel', 'Rossi', 'Santos', 'Silva', 'Smith', 'Tanaka', 'Wang', 'Yılmaz',
    'Zhang'], id, 'last') AS last_name,
  CASE WHEN demo.roll(id, 'email', 25) > 0 THEN
    lower(strip_accents(replace(first_name || '.' || last_name, '''', ''))) || id || '@example.com'
  END AS email,
  CASE WHEN demo.roll(id, 'phone', 3) > 0 THEN
    '+99 555 ' || lpad(demo.roll(id, 'number', 1000000)::VARCHAR, 6, '0')
  END AS phone,
  demo.place(id).city AS city, demo.place(id).country AS country, demo.place(id).region AS region,
  CASE WHEN demo.roll(id, 'born', 20) > 0 THEN DATE '1948-01-01' + demo.roll(id, 'birth', 20800)
  END AS birth_date,
  demo.pick([NULL, NULL, NULL, 'bronze', 'bronze', 'silver', 'gold'], id, 'tier') AS loyalty_tier,
  demo.roll(id, 'opt', 5) < 2 AS marketing_opt_in,
  (100 * (1 + demo.roll(id, 'limit', 100)))::DECIMAL(10, 2) AS credit_limit,
  demo.at(1451606400 + id * 5200 + demo.roll(id, 'created', 5200)) AS created_at
FROM (SELECT i + 1 AS id FROM demo.rows WHERE i < 55000);
)sql";

constexpr std::string_view kProducts = R"sql(
CREATE TABLE demo.products AS
SELECT id AS product_id, 'SKU-' || lpad(demo.roll(id, 'sku', 10000000)::VARCHAR, 7, '0') AS sku,
  demo.pick(['Alpine', 'Classic', 'Compact', 'Everyday', 'Folding', 'Heritage', 'Light', 'Modern',
    'Quiet', 'Rugged', 'Smart', 'Urban'], id, 'adjective') || ' ' ||
  demo.pick(['bamboo', 'canvas', 'ceramic', 'cotton', 'glass', 'leather', 'linen', 'oak', 'steel',
    'wool'], id, 'material') || ' ' || item.noun AS product_name,
  item.category AS category,
  demo.pick(['Arbor', 'Brightwater', 'Cobalt & Co', 'Fjell', 'Kumo', 'Maré', 'Northlane', 'Sol'], id,
    'brand') AS brand,
  demo.price(id) AS list_price,
  (demo.price(id) * (40 + demo.roll(id, 'cost', 35)) / 100)::DECIMAL(10, 2) AS unit_cost,
  CASE WHEN demo.roll(id, 'weighed', 10) > 0 THEN (50 + demo.roll(id, 'weight', 12000)) / 1000 END
    AS weight_kg,
  demo.roll(id, 'stock', 500) AS stock,
  demo.roll(id, 'active', 12) > 0 AS is_active,
  DATE '2016-01-01' + demo.roll(id, 'introduced', 2500) AS introduced_on
FROM (SELECT i + 1 AS id, demo.pick([
  {category: 'Kitchen', noun: 'pan'}, {category: 'Kitchen', noun: 'kettle'},
  {category: 'Kitchen', noun: 'knife'}, {category: 'Home', noun: 'lamp'},
  {category: 'Home', noun: 'chair'}, {category: 'Home', noun: 'blanket'},
  {category: 'Outdoor', noun: 'tent'}, {category: 'Outdoor', noun: 'backpack'},
  {category: 'Outdoor', noun: 'bottle'}, {category: 'Office', noun: 'notebook'},
  {category: 'Office', noun: 'desk'}, {category: 'Clothing', noun: 'jacket'},
  {category: 'Clothing', noun: 'scarf'}, {category: 'Toys', noun: 'puzzle'}], i + 1, 'item') AS item
  FROM demo.rows WHERE i < 2000);
)sql";

// Two years from 2023-01-01 on, order by order in time; business grows.
constexpr std::string_view kOrders = R"sql(
CREATE TABLE demo.orders AS
SELECT id AS order_id, customer_id, product_id, quantity, unit_price, discount,
  (quantity * unit_price * (1 - coalesce(discount, 0)))::DECIMAL(12, 2) AS total,
  CASE WHEN fate < 4 THEN 'cancelled' WHEN fate < 9 THEN 'returned'
    WHEN seconds > 1734900000 THEN 'shipped' ELSE 'delivered' END AS status,
  CASE demo.roll(id, 'payment', 6) WHEN 0 THEN 'invoice' WHEN 1 THEN 'wallet'
    WHEN 2 THEN 'bank transfer' ELSE 'card' END AS payment_method,
  CASE demo.roll(id, 'coupon', 40) WHEN 0 THEN 'WELCOME10' WHEN 1 THEN 'SPRING'
    WHEN 2 THEN 'FREESHIP' END AS coupon_code,
  demo.roll(id, 'gift', 15) = 0 AS is_gift,
  demo.at(seconds) AS ordered_at,
  CASE WHEN fate >= 4 THEN demo.at(seconds + 14400 + demo.roll(id, 'shipping', 260000)) END
    AS shipped_at,
  region,
  date_trunc('month', make_timestamp(seconds * 1000000))::DATE AS order_month
FROM (
  SELECT i + 1 AS id, demo.roll(i, 'status', 100) AS fate,
    (1672531200 + 63158399 * pow(i / 600000, 0.85))::BIGINT AS seconds,
    1 + (pow(demo.roll(i, 'customer', 1000000) / 1000000, 1.6) * 55000)::BIGINT % 55000 AS customer_id,
    1 + (pow(demo.roll(i, 'product', 1000000) / 1000000, 2) * 2000)::BIGINT % 2000 AS product_id,
    1 + demo.roll(i, 'quantity', 5) * (demo.roll(i, 'many', 3) = 0)::INTEGER AS quantity,
    demo.price(product_id) AS unit_price,
    CASE WHEN demo.roll(i, 'discounted', 4) = 0 THEN
      (5 * (1 + demo.roll(i, 'discount', 6)) / 100)::DECIMAL(4, 2) END AS discount
  FROM demo.rows)
JOIN (SELECT customer_id, region FROM demo.customers) USING (customer_id)
ORDER BY id;
)sql";

// What finance found in June 2024: cancelled orders had been billed, and a discount was not
// applied.
constexpr std::string_view kCorrections = R"sql(
CREATE TABLE demo.corrections AS
SELECT * REPLACE (coalesce(discount, 0.05)::DECIMAL(4, 2) AS discount,
  (quantity * unit_price * (1 - coalesce(discount, 0.05)))::DECIMAL(12, 2) AS total)
FROM demo.orders
WHERE order_month = DATE '2024-06-01' AND region IN ('Europe', 'South America')
  AND status <> 'cancelled';
)sql";

constexpr std::string_view kEvents = R"sql(
CREATE TABLE demo.events AS
SELECT id AS event_id, demo.at(seconds) AS event_time,
  substr(md5((id // 6)::VARCHAR), 1, 16) AS session_id,
  CASE WHEN demo.roll(id // 6, 'known', 3) > 0 THEN 1 + demo.roll(id // 6, 'who', 55000)::BIGINT
  END AS customer_id,
  event_type,
  CASE WHEN event_type IN ('view', 'add_to_cart', 'purchase') THEN
    1 + (pow(demo.roll(id, 'what', 1000000) / 1000000, 2) * 2000)::BIGINT % 2000 END AS product_id,
  CASE demo.roll(id, 'page', 8) WHEN 0 THEN '/' WHEN 1 THEN '/search' WHEN 2 THEN '/cart'
    WHEN 3 THEN '/checkout' WHEN 4 THEN '/account' ELSE '/product' END AS page,
  CASE demo.roll(id // 6, 'device', 4) WHEN 0 THEN 'desktop' WHEN 1 THEN 'tablet' ELSE 'mobile' END
    AS device,
  CASE demo.roll(id // 6, 'referrer', 6) WHEN 0 THEN 'search' WHEN 1 THEN 'newsletter'
    WHEN 2 THEN 'social' WHEN 3 THEN 'partner' END AS referrer,
  CASE WHEN demo.roll(id, 'timed', 8) > 0 THEN 120 + demo.roll(id, 'duration', 90000) END
    AS duration_ms,
  CASE WHEN event_type = 'purchase' THEN round(5 + demo.roll(id, 'value', 40000) / 97, 2) END
    AS cart_value,
  demo.roll(id // 6, 'bot', 40) = 0 AS is_bot
FROM (
  SELECT i + 1 AS id, 1719792000 + (i * 15897600) // 345000 AS seconds,
    CASE demo.roll(i, 'type', 12) WHEN 0 THEN 'search' WHEN 1 THEN 'search' WHEN 2 THEN 'add_to_cart'
      WHEN 3 THEN 'add_to_cart' WHEN 4 THEN 'remove_from_cart' WHEN 5 THEN 'purchase'
      WHEN 6 THEN 'sign_in' ELSE 'view' END AS event_type
  FROM demo.rows WHERE i < 345000);
)sql";

// 03:00 UTC on that day.
TimePoint NightOf(int year, unsigned month, unsigned day) {
  const auto date = chrono::year{year} / chrono::month{month} / chrono::day{day};
  return TimePoint(chrono::sys_days(date).time_since_epoch() + chrono::hours(3));
}

// Twelve months after each other, counted from January of `year`; month 12 is the next January.
std::string MonthStart(int year, unsigned month) {
  return fmt::format("{:04}-{:02}-01", year + static_cast<int>(month / 12), month % 12 + 1);
}

DemoTable Customers() {
  DemoTable table;
  table.name = "customers";
  table.description = "Who buys. Names, addresses and numbers are made up.";
  table.columns = {{"customer_id", "long"},
                   {"first_name", "string"},
                   {"last_name", "string"},
                   {"email", "string"},
                   {"phone", "string"},
                   {"city", "string"},
                   {"country", "string"},
                   {"region", "string"},
                   {"birth_date", "date"},
                   {"loyalty_tier", "string"},
                   {"marketing_opt_in", "boolean"},
                   {"credit_limit", "decimal(10,2)"},
                   {"created_at", "timestamp"}};
  table.commits = {{"WRITE", NightOf(2024, 1, 1), "demo.customers", "customer_id <= 48500"},
                   {"WRITE", NightOf(2025, 1, 1), "demo.customers", "customer_id > 48500"}};
  return table;
}

DemoTable Products() {
  DemoTable table;
  table.name = "products";
  table.description = "What is sold.";
  table.columns = {
      {"product_id", "long"},         {"sku", "string"},        {"product_name", "string"},
      {"category", "string"},         {"brand", "string"},      {"list_price", "decimal(10,2)"},
      {"unit_cost", "decimal(10,2)"}, {"weight_kg", "double"},  {"stock", "integer"},
      {"is_active", "boolean"},       {"introduced_on", "date"}};
  table.commits = {{"WRITE", NightOf(2024, 1, 1), "demo.products"}};
  return table;
}

// 2023 at once, then month by month; a correction in autumn, and a checkpoint of that version.
DemoTable Orders() {
  DemoTable table;
  table.name = "orders";
  table.description = "Orders of 2023 and 2024 by region and month.";
  table.columns = {{"order_id", "long"},
                   {"customer_id", "long"},
                   {"product_id", "long"},
                   {"quantity", "integer"},
                   {"unit_price", "decimal(10,2)"},
                   {"discount", "decimal(4,2)"},
                   {"total", "decimal(12,2)"},
                   {"status", "string"},
                   {"payment_method", "string"},
                   {"coupon_code", "string"},
                   {"is_gift", "boolean"},
                   {"ordered_at", "timestamp"},
                   {"shipped_at", "timestamp"},
                   {"region", "string"},
                   {"order_month", "date"}};
  table.partition_columns = {"region", "order_month"};
  table.commits.push_back(
      {"WRITE", NightOf(2024, 1, 1), "demo.orders", "order_month < DATE '2024-01-01'"});
  for (unsigned month = 0; month < 12; ++month) {
    constexpr unsigned kOctober = 9;
    if (month == kOctober) {
      table.checkpoint_version = static_cast<int>(table.commits.size());
      DemoCommit correction{"WRITE", NightOf(2024, 10, 15), "demo.corrections"};
      correction.replaces_partitions = true;
      table.commits.push_back(correction);
    }
    table.commits.push_back(
        {"WRITE", NightOf(month == 11 ? 2025 : 2024, (month + 1) % 12 + 1, month == 9 ? 2 : 1),
         "demo.orders", fmt::format("order_month = DATE '{}'", MonthStart(2024, month))});
  }
  return table;
}

// Made empty, then appended to each month, two files each.
DemoTable Events() {
  DemoTable table;
  table.name = "events";
  table.description = "What visitors of the shop did, July to December 2024.";
  table.columns = {
      {"event_id", "long"},       {"event_time", "timestamp"}, {"session_id", "string"},
      {"customer_id", "long"},    {"event_type", "string"},    {"product_id", "long"},
      {"page", "string"},         {"device", "string"},        {"referrer", "string"},
      {"duration_ms", "integer"}, {"cart_value", "double"},    {"is_bot", "boolean"}};
  table.commits.push_back({"CREATE TABLE", NightOf(2024, 7, 1), ""});
  for (unsigned month = 6; month < 12; ++month) {
    DemoCommit commit{"WRITE", NightOf(month == 11 ? 2025 : 2024, (month + 1) % 12 + 1, 1),
                      "demo.events"};
    commit.where = fmt::format(
        "event_time >= TIMESTAMPTZ '{} 00:00:00+00' AND event_time < TIMESTAMPTZ '{} 00:00:00+00'",
        MonthStart(2024, month), MonthStart(2024, month + 1));
    const std::string middle = fmt::format("TIMESTAMPTZ '2024-{:02}-16 00:00:00+00'", month + 1);
    commit.slices = {"event_time < " + middle, "event_time >= " + middle};
    table.commits.push_back(commit);
  }
  return table;
}

}  // namespace

std::vector<DemoStatement> DemoSources() {
  return {{"words", std::string(kMacros)},
          {"customers", std::string(kCustomers)},
          {"products", std::string(kProducts)},
          {"orders", std::string(kOrders)},
          {"corrections", std::string(kCorrections)},
          {"events", std::string(kEvents)}};
}

std::vector<DemoTable> DemoTables() { return {Customers(), Products(), Orders(), Events()}; }

}  // namespace sluice::server
