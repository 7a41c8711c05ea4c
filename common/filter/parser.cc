#include "common/filter/parser.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/base/utf8.h"
#include "common/filter/fault.h"
#include "common/filter/words.h"

namespace windrow::filter {
namespace {

using Kind = Expression::Kind;

constexpr std::string_view kComparisonWanted =
    "a comparison is wanted, such as state = FAILED, or one in parentheses";

Expression Not(Expression operand) {
  Expression negation{.kind = Kind::kNot};
  negation.operands.push_back(std::move(operand));
  return negation;
}

Expression Collapsed(Expression list) {
  if (list.operands.size() != 1) return list;
  Expression only = std::move(list.operands.front());
  return only;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<Expression> Run() {
    SkipSpace();
    if (AtEnd()) return Expression();
    WINDROW_ASSIGN_OR_RETURN(Expression expression, TakeAll(nullptr));
    if (!AtEnd()) return FaultAt(at_, "this parenthesis was not opened");
    return expression;
  }

 private:
  bool AtEnd() const { return at_ == text_.size(); }
  std::string_view rest() const { return text_.substr(at_); }
  bool Sees(char c) const { return !AtEnd() && text_[at_] == c; }

  bool Take(char c) {
    if (!Sees(c)) return false;
    ++at_;
    return true;
  }

  void SkipSpace() {
    while (Sees(' ') || Sees('\t') || Sees('\n') || Sees('\r')) ++at_;
  }

  bool SeesKeyword(std::string_view keyword) const {
    return rest().substr(0, WordLength(rest())) == keyword;
  }

  bool TakeKeyword(std::string_view keyword) {
    if (!SeesKeyword(keyword)) return false;
    at_ += keyword.size();
    SkipSpace();
    return true;
  }

  // What is joined by AND, or by nothing, up to the end or a closing parenthesis. With a
  // subject, the path and comparator of a comparison whose value is in parentheses, each
  // part is a value.
  absl::StatusOr<Expression> TakeAll(const Comparison* subject) {
    Expression all{.kind = Kind::kAll};
    do {
      WINDROW_ASSIGN_OR_RETURN(Expression any, TakeAny(subject));
      all.operands.push_back(std::move(any));
    } while (TakeKeyword("AND") || (!AtEnd() && !Sees(')')));
    return Collapsed(std::move(all));
  }

  absl::StatusOr<Expression> TakeAny(const Comparison* subject) {
    Expression any{.kind = Kind::kAny};
    do {
      WINDROW_ASSIGN_OR_RETURN(Expression term, TakeTerm(subject));
      any.operands.push_back(std::move(term));
    } while (TakeKeyword("OR"));
    return Collapsed(std::move(any));
  }

  absl::StatusOr<Expression> TakeTerm(const Comparison* subject) {
    const bool minus = Take('-');
    const bool negated = minus || TakeKeyword("NOT");
    if (!negated) return TakeSimple(subject);
    if (Sees('-') || SeesKeyword("NOT")) {
      return FaultAt(at_, "NOT and - negate one comparison, or what is in parentheses");
    }
    WINDROW_ASSIGN_OR_RETURN(Expression simple, TakeSimple(subject));
    return Not(std::move(simple));
  }

  absl::StatusOr<Expression> TakeSimple(const Comparison* subject) {
    if (Sees('(')) return TakeGroup(subject);
    if (subject == nullptr) return TakeComparison();
    WINDROW_ASSIGN_OR_RETURN(Expression comparison, Counted(*subject));
    WINDROW_ASSIGN_OR_RETURN(comparison.comparison.value, TakeValue());
    SkipSpace();
    return comparison;
  }

  absl::StatusOr<Expression> TakeGroup(const Comparison* subject) {
    const std::size_t open = at_++;
    if (++depth_ > kMaxFilterDepth) {
      return FaultAt(open, fmt::format("a filter has at most {} parentheses within each "
                                       "other",
                                       kMaxFilterDepth));
    }
    SkipSpace();
    WINDROW_ASSIGN_OR_RETURN(Expression group, TakeAll(subject));
    if (!Take(')')) return FaultAt(open, "this parenthesis is not closed");
    --depth_;
    SkipSpace();
    return group;
  }

  absl::StatusOr<Expression> Counted(Comparison comparison) {
    if (++comparisons_ > kMaxComparisons) {
      return FaultAt(at_,
                     fmt::format("a filter has at most {} comparisons", kMaxComparisons));
    }
    return Expression{.kind = Kind::kComparison, .comparison = std::move(comparison)};
  }

  absl::StatusOr<Expression> TakeComparison() {
    Comparison comparison{.at = at_};
    WINDROW_ASSIGN_OR_RETURN(comparison.path, TakePath());
    SkipSpace();
    comparison.comparator_at = at_;
    WINDROW_ASSIGN_OR_RETURN(comparison.comparator, TakeComparator(comparison));
    SkipSpace();
    if (Sees('(')) return TakeGroup(&comparison);
    WINDROW_ASSIGN_OR_RETURN(Expression expression, Counted(std::move(comparison)));
    WINDROW_ASSIGN_OR_RETURN(expression.comparison.value, TakeValue());
    SkipSpace();
    return expression;
  }

  absl::StatusOr<std::vector<std::string>> TakePath() {
    if (AtEnd()) return FaultAt(at_, kComparisonWanted);
    std::vector<std::string> path;
    do {
      WINDROW_ASSIGN_OR_RETURN(std::string part, TakePart(path.empty()));
      path.push_back(std::move(part));
    } while (Take('.'));
    return path;
  }

  absl::StatusOr<std::string> TakePart(bool first) {
    if (Sees('"') || Sees('\'')) {
      const std::size_t begin = at_;
      WINDROW_ASSIGN_OR_RETURN(Literal quoted, TakeQuoted());
      if (quoted.any_before || quoted.any_after) {
        return FaultAt(begin, "a key has no wildcards: \\* is an asterisk");
      }
      return std::move(quoted.text);
    }
    const std::string part(rest().substr(0, NameLength(rest())));
    if (first && IsKeyword(part)) return FaultAt(at_, kComparisonWanted);
    if (part.empty()) {
      return FaultAt(at_, first ? kComparisonWanted : "a key is wanted behind the point");
    }
    at_ += part.size();
    return part;
  }

  absl::StatusOr<Comparator> TakeComparator(const Comparison& comparison) {
    // Longer spellings first.
    for (const Comparator comparator :
         {Comparator::kNotEqual, Comparator::kLessOrEqual, Comparator::kGreaterOrEqual,
          Comparator::kEqual, Comparator::kLess, Comparator::kGreater,
          Comparator::kHas}) {
      if (!rest().starts_with(SpellingOf(comparator))) continue;
      at_ += SpellingOf(comparator).size();
      return comparator;
    }
    const std::string word = absl::AsciiStrToUpper(comparison.path.front());
    if (comparison.path.size() == 1 && IsKeyword(word)) {
      return FaultAt(comparison.at, "AND, OR and NOT are written in capitals");
    }
    if (Sees('(')) return FaultAt(at_, "functions are not offered");
    return FaultAt(at_, "=, !=, <, <=, >, >= or : is wanted behind a field");
  }

  absl::StatusOr<Literal> TakeValue() {
    if (Sees('"') || Sees('\'')) return TakeQuoted();
    Literal value{.at = at_};
    value.text = std::string(rest().substr(0, WordLength(rest())));
    at_ += value.text.size();
    value.any_after = Take('*');
    if (value.any_after && (!value.text.empty() || WordLength(rest()) > 0)) {
      return FaultAt(value.at, "a text with a wildcard stands in quotes: \"text*\"");
    }
    if (!value.any_after && (value.text.empty() || IsKeyword(value.text))) {
      return FaultAt(value.at, "a value is wanted: a word, or a text in quotes");
    }
    return value;
  }

  // \" \' \\ and \* are the character behind the backslash; an asterisk without one is a
  // wildcard.
  absl::StatusOr<Literal> TakeQuoted() {
    Literal value{.quoted = true, .at = at_};
    const char quote = text_[at_++];
    value.any_before = Sees('*') && !IsLast(at_, quote);
    if (value.any_before) ++at_;
    while (!Sees(quote)) {
      if (AtEnd()) return FaultAt(value.at, "this quote is not closed");
      if (Sees('*') && IsLast(at_, quote)) {
        value.any_after = true;
        ++at_;
        continue;
      }
      WINDROW_ASSIGN_OR_RETURN(const char c, TakeCharacter(value.at));
      value.text += c;
    }
    ++at_;
    return value;
  }

  // The byte at `at` is the last one before the closing quote.
  bool IsLast(std::size_t at, char quote) const {
    return at + 1 < text_.size() && text_[at + 1] == quote;
  }

  absl::StatusOr<char> TakeCharacter(std::size_t quote_at) {
    const std::size_t begin = at_;
    char c = text_[at_++];
    if (c == '\0') return FaultAt(begin, "U+0000 cannot be searched for");
    if (c == '*') {
      return FaultAt(begin,
                     "a wildcard stands at the start or the end of a text: \\* is an "
                     "asterisk");
    }
    if (c != '\\') return c;
    if (AtEnd()) return FaultAt(quote_at, "this quote is not closed");
    c = text_[at_++];
    if (std::string_view("\"'\\*").find(c) == std::string_view::npos) {
      return FaultAt(begin, "a backslash stands before \", ', \\ or * only");
    }
    return c;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int comparisons_ = 0;
};

}  // namespace

absl::StatusOr<Expression> Parse(std::string_view text) {
  if (text.size() > kMaxFilterBytes) {
    return FaultAt(kMaxFilterBytes,
                   fmt::format("a filter has at most {} bytes", kMaxFilterBytes));
  }
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = Utf8SequenceLength(text.substr(at));
    if (size == 0) return FaultAt(at, "the filter is not UTF-8");
    at += size;
  }
  return Parser(text).Run();
}

}  // namespace windrow::filter
