#include "cli/table.h"

#include <algorithm>
#include <ostream>
#include <string_view>

#include "common/base/utf8.h"

namespace windrow::cli {
namespace {

// C0, DEL and C1 (which is U+0080–U+009F: C2 80 – C2 9F in UTF-8).
bool IsControl(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
  return sequence.size() == 2 && first == 0xc2 &&
         static_cast<unsigned char>(sequence[1]) < 0xa0;
}

std::vector<std::string> HarmlessCells(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Harmless(cell, false);
  return cells;
}

void PrintRow(const std::vector<std::string>& row, const std::vector<std::size_t>& widths,
              std::ostream& out) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += row[i];
    if (i + 1 < row.size()) line.append(widths[i] - Width(row[i]) + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

}  // namespace

std::string Harmless(const std::string& text, bool multiline) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t length = Utf8SequenceLength(rest);
    const std::string_view sequence = rest.substr(0, std::max<std::size_t>(length, 1));
    if (multiline && rest.starts_with("\r\n")) {
      rest.remove_prefix(1);
      continue;
    }
    const bool kept = multiline && (sequence == "\n" || sequence == "\t");
    if (length == 0 || (IsControl(sequence) && !kept)) {
      out += '?';
    } else {
      out += sequence;
    }
    rest.remove_prefix(sequence.size());
  }
  return out;
}

std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

Table::Table(std::vector<std::string> header) : header_(std::move(header)) {}

void Table::Add(std::vector<std::string> row) {
  row.resize(header_.size());
  rows_.push_back(HarmlessCells(std::move(row)));
}

void Table::Print(std::ostream& out) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < header_.size(); ++i) {
    std::size_t widest = Width(header_[i]);
    for (const auto& row : rows_) widest = std::max(widest, Width(row[i]));
    widths.push_back(widest);
  }
  PrintRow(header_, widths, out);
  for (const auto& row : rows_) PrintRow(row, widths, out);
}

void PrintFields(const Fields& fields, std::ostream& out) {
  std::size_t widest = 0;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) widest = std::max(widest, Width(name));
  }
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    const std::string shown = Harmless(value, true);
    out << name << ':';
    if (shown.find('\n') == std::string::npos) {
      out << std::string(widest - Width(name) + 2, ' ') << shown << '\n';
      continue;
    }
    out << "\n  ";
    for (const char c :
         shown.ends_with('\n') ? shown.substr(0, shown.size() - 1) : shown) {
      out << c;
      if (c == '\n') out << "  ";
    }
    out << '\n';
  }
}

}  // namespace windrow::cli
