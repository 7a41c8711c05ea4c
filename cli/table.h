// Tables of text for a person at a terminal.
#pragma once

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace windrow::cli {

// Columns in the width of their widest cell, two spaces apart, no space at a line's end.
// Control characters in cells are shown as "?", so that data cannot steer the terminal.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void Add(std::vector<std::string> row);
  void Print(std::ostream& out) const;
  bool empty() const { return rows_.empty(); }

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

// "name:  value" lines; values that are empty are left out. Lines of a value with
// several are indented below its name.
using Fields = std::vector<std::pair<std::string, std::string>>;
void PrintFields(const Fields& fields, std::ostream& out);

// `text` with what a terminal would act on made harmless; keeps line feeds and tabs where
// `multiline`.
std::string Harmless(const std::string& text, bool multiline);
// How many columns UTF-8 text takes, one for each code point.
std::size_t Width(const std::string& text);

}  // namespace windrow::cli
