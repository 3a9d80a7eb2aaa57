/* table_test.c: CSV as people send it, and each thing that is no table refused in one line that says where.
 */
#include "common/table.h"
#include "tools_test.h"

static struct table table;
static struct fault fault;

static bool read_text(const char *text) {
  return table_read(test_text("t.csv", text), 0, NULL, &table, &fault);
}

static const struct {
  const char *text;
  char separator;
} same[] = {
  { "date,price\n2024-01-01,1.5\n2024-01-02,2\n", ',' },
  { "\xef\xbb\xbf"
    "date;price\r\n2024-01-01;1.5\r\n2024-01-02;2",
    ';' },
  { "date\tprice\n2024-01-01\t1.5\n\n2024-01-02\t2\n\n", '\t' },
  { "date|price\r2024-01-01|1.5\r2024-01-02|2\r", '|' },
  { "sep=;\r\n\"date\";price\r\n\"2024-01-01\"; 1.5 \r\n2024-01-02;\"2\"\r\n", ';' },
  { "date,price,\n2024-01-01,1.5,\n2024-01-02,2\n,,\n", ',' },
};
START_TEST(forms_of_one_table_read_alike) {
  ck_assert_good(read_text(same[_i].text), &fault);
  ck_assert_int_eq(table.separator, same[_i].separator);
  ck_assert_uint_eq(table.rows, 2);
  ck_assert_str_eq(table.names[0], "date");
  ck_assert_str_eq(table.names[1], "price");
  ck_assert_str_eq(table_cell(&table, 0, 0), "2024-01-01");
  ck_assert_str_eq(table_cell(&table, 0, 1), "1.5");
  ck_assert_str_eq(table_cell(&table, 1, 1), "2");
  table_destroy(&table);
}
END_TEST

START_TEST(quotes_hold_separators_quotes_and_line_ends) {
  ck_assert_good(read_text("a,b\n\"x, \"\"y\"\"\nz\",1\nu,2\n"), &fault);
  ck_assert_str_eq(table_cell(&table, 0, 0), "x, \"y\"\nz");
  ck_assert_int_eq(table.lines[0], 2);
  ck_assert_int_eq(table.lines[1], 4);
  table_destroy(&table);
}
END_TEST

START_TEST(columns_without_a_header_have_numbers) {
  size_t column;
  ck_assert_good(read_text("2024-01-01,,3\n2024-01-02,5,4\n"), &fault);
  ck_assert(!table.header);
  ck_assert_uint_eq(table.rows, 2);
  ck_assert_str_eq(table.names[2], "3");
  ck_assert_str_eq(table_cell(&table, 0, 1), "");
  ck_assert_good(table_find(&table, "2", &column, &fault), &fault);
  ck_assert_uint_eq(column, 1);
  table_destroy(&table);
}
END_TEST

START_TEST(one_column_needs_no_separator) {
  ck_assert_good(read_text("value\n3,14\n2,7\n1\n"), &fault);
  ck_assert_uint_eq(table.columns, 1);
  ck_assert_str_eq(table_cell(&table, 0, 0), "3,14");
  table_destroy(&table);
}
END_TEST

START_TEST(columns_are_found_by_name_case_and_number) {
  size_t column;
  ck_assert_good(read_text("Date,Price,price,Volume,Volume\n1,2,3,4,5\n"), &fault);
  ck_assert_good(table_find(&table, "price", &column, &fault), &fault);
  ck_assert_uint_eq(column, 2);
  ck_assert_good(table_find(&table, "DATE", &column, &fault), &fault);
  ck_assert_uint_eq(column, 0);
  ck_assert_good(table_find(&table, "5", &column, &fault), &fault);
  ck_assert_uint_eq(column, 4);
  ck_assert(!table_find(&table, "Volume", &column, &fault));
  ck_assert_fault(&fault, "2 columns are named \"Volume\"; give the column's number, 4 for the first");
  ck_assert(!table_find(&table, "prize", &column, &fault));
  ck_assert_fault(&fault, "there is no column \"prize\"; did you mean \"price\"? It has Date, Price, price");
  ck_assert_int_eq(fault_exit(fault.code), 2);
  table_destroy(&table);
}
END_TEST

static const struct {
  const char *text, *words;
} wrong[] = {
  { "", "t.csv: the file is empty" },
  { "\n\n \n", "the file has no rows" },
  { "a,b\n", "a header and no rows" },
  { "a,b\n1,2\n3\n", "t.csv:3:2: the row has 1 field where the first row has 2" },
  { "a,b\n1,2\n3,4,5\n", "t.csv:3:3: the row has 3 fields where the first row has 2" },
  { "a,b\n\"1\n,2\",3\n4\n", "t.csv:4:2: the row has 1 field" },
  { "a,b\n1,\"2\n3,4\n5,6\n", "t.csv:2:2: a quote that opens in this row is never closed" },
  { "a,b\n1,2\"3\n", "t.csv:2:2: a quote stands inside a field" },
  { "a,b\n1,\"2\"3\n", "t.csv:2:2: a quote stands inside a field" },
  { "\xff\xfe"
    "a\n",
    "UTF-16; convert it: iconv" },
};
START_TEST(what_is_no_table_is_refused_with_its_place) {
  ck_assert(!read_text(wrong[_i].text));
  ck_assert_fault(&fault, wrong[_i].words);
  ck_assert_int_eq(fault_exit(fault.code), 1);
}
END_TEST

START_TEST(nul_bytes_and_limits_are_refused) {
  ck_assert(!table_read(test_file("n.csv", "a,b\n1,\0\n", 8), 0, NULL, &table, &fault));
  ck_assert_fault(&fault, "n.csv:2: byte 3 of the line is NUL");
  struct table_limits limits = { 1000, 20, 3, 10 };
  const char *path = test_text("l.csv", "a,b\n1,2222222222222222222222222222\n");
  ck_assert(!table_read(path, 0, &limits, &table, &fault));
  path = test_text("l.csv", "a,b,c,d,e\n1,2,3,4,5\n");
  ck_assert(!table_read(path, 0, &limits, &table, &fault));
  ck_assert_fault(&fault, "more than 3 fields");
  path = test_text("l.csv", "a\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n");
  ck_assert(!table_read(path, 0, &limits, &table, &fault));
  ck_assert_fault(&fault, "more than 10 fields");
  limits.bytes = 10;
  ck_assert(!table_read(path, 0, &limits, &table, &fault));
  ck_assert_fault(&fault, "larger than 10 bytes");
}
END_TEST

START_TEST(any_truncation_is_read_or_refused_but_never_worse) {
  static const char text[] = "\xef\xbb\xbf"
                             "a;\"b\"\r\n\"x\"\"y\n\";2\r\n3;4\r\n";
  for (size_t n = 0; n < sizeof text; n++)
    for (int flip = 0; flip < 256; flip += 17) {
      char copy[sizeof text];
      memcpy(copy, text, sizeof text);
      if (n) copy[n - 1] = (char)(copy[n - 1] ^ flip);
      if (table_read(test_file("f.csv", copy, n), 0, NULL, &table, &fault))
        table_destroy(&table);
      else
        ck_assert_int_ne(fault.code, FAULT_NONE);
    }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("table");
  TCase *tc = tcase_create("table");
  tcase_add_checked_fixture(tc, test_setup, test_teardown);
  tcase_add_loop_test(tc, forms_of_one_table_read_alike, 0, sizeof same / sizeof *same);
  tcase_add_test(tc, quotes_hold_separators_quotes_and_line_ends);
  tcase_add_test(tc, columns_without_a_header_have_numbers);
  tcase_add_test(tc, one_column_needs_no_separator);
  tcase_add_test(tc, columns_are_found_by_name_case_and_number);
  tcase_add_loop_test(tc, what_is_no_table_is_refused_with_its_place, 0, sizeof wrong / sizeof *wrong);
  tcase_add_test(tc, nul_bytes_and_limits_are_refused);
  tcase_add_test(tc, any_truncation_is_read_or_refused_but_never_worse);
  suite_add_tcase(suite, tc);
  return test_run(suite);
}
