# Computes weights.csv and numbers.csv from survey.csv and margins.csv of this folder.
# Run:  Rscript make_numbers.R [FOLDER [OUT]]      needs the package survey (4.1 or newer)
arguments <- commandArgs(trailingOnly = TRUE)
folder <- if (length(arguments) >= 1) arguments[1] else "."
out <- if (length(arguments) >= 2) arguments[2] else folder
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "fail", digits = 17)
text <- function(x) ifelse(is.na(x), "", sprintf("%.17g", as.numeric(x)))

d <- read.csv(file.path(folder, "survey.csv"), stringsAsFactors = TRUE)
m <- read.csv(file.path(folder, "margins.csv"), stringsAsFactors = FALSE)
population <- tapply(m$total[m$var == "sex"], m$area[m$var == "sex"], sum)
d$w <- d$w0 * (population / tapply(d$w0, d$area, sum))[as.character(d$area)]

# One design without clusters, as quota samples are treated, and one with.
simple <- svydesign(id = ~1, strata = ~area, weights = ~w, data = d)
groups <- svydesign(id = ~psu, strata = ~area, weights = ~w, data = d)

# Margins within areas: every margin is crossed with the area.
crossed <- function(name) {
  own <- m[m$var == name, c("area", "level", "total")]
  names(own) <- c("area", name, "Freq")
  own
}
variables <- c("sex", "age", "education")
formulas <- lapply(variables, function(v) as.formula(paste0("~area+", v)))
tight <- list(maxit = 5000, epsilon = 1e-13)
model <- as.formula("~0 + area + area:sex + area:age + area:education")
matrix_of <- model.matrix(model, d)
rake_in_areas <- function(design) rake(design, formulas, lapply(variables, crossed), control = tight)
raked <- rake_in_areas(simple)
# The totals of the model matrix are those that the raked weights have: the margins meet them.
totals <- colSums(matrix_of * weights(raked))
linear <- calibrate(simple, model, totals, epsilon = 1e-12)
logit <- calibrate(simple, model, totals, calfun = "logit", bounds = c(0.3, 4), epsilon = 1e-12, maxit = 500)
stratified <- postStratify(simple, ~area + sex, crossed("sex"))
# The default rule of the workbench: a regression with the calibrated weights. R gives it when
# weights that already meet the totals are calibrated once more: nothing changes but the rule.
calibrated <- calibrate(svydesign(id = ~1, strata = ~area, weights = weights(raked), data = d), model, totals, epsilon = 1e-6)
raked_groups <- rake_in_areas(groups)
calibrated_groups <- calibrate(svydesign(id = ~psu, strata = ~area, weights = weights(raked_groups), data = d), model, totals, epsilon = 1e-6)

designs <- list(simple = simple, groups = groups, stratified = stratified, raked = raked, linear = linear,
                logit = logit, calibrated = calibrated, calibrated_groups = calibrated_groups)
w <- data.frame(id = d$id)
for (name in names(designs)) w[[name]] <- text(weights(designs[[name]]))
write.csv(w, file.path(out, "weights.csv"), row.names = FALSE, quote = FALSE)

rows <- list()
put <- function(design, what, domain, term, stat, value) {
  rows[[length(rows) + 1]] <<- data.frame(design = design, what = what, domain = as.character(domain),
    term = as.character(term), stat = stat, value = text(as.vector(unlist(value))))
}
answers <- c("knows", "used", "rare", "minutes")
for (name in names(designs)) {
  design <- designs[[name]]
  for (v in answers) {
    f <- as.formula(paste0("~", v))
    x <- svymean(f, design, na.rm = TRUE)
    put(name, "mean", "", v, "estimate", coef(x)); put(name, "mean", "", v, "se", SE(x))
    x <- svymean(f, design, na.rm = TRUE, deff = "replace")
    put(name, "mean", "", v, "deff", deff(x))
    x <- svytotal(f, design, na.rm = TRUE)
    put(name, "total", "", v, "estimate", coef(x)); put(name, "total", "", v, "se", SE(x))
    for (by in c("area", "sex", "age", "area+sex")) {
      x <- svyby(f, as.formula(paste0("~", by)), design, svymean, na.rm = TRUE)
      label <- do.call(paste, c(lapply(strsplit(by, "+", fixed = TRUE)[[1]], function(b) as.character(x[[b]])), sep = "|"))
      put(name, by, label, v, "estimate", x[[v]]); put(name, by, label, v, "se", x$se)
    }
  }
  x <- svyratio(~used, ~knows, design)
  put(name, "ratio", "", "used/knows", "estimate", coef(x)); put(name, "ratio", "", "used/knows", "se", SE(x))
  for (method in c("xlogit", "beta", "asin", "mean")) {
    x <- svyciprop(~knows, design, method = method)
    put(name, "interval", "", "knows", paste0("low_", method), attr(x, "ci")[1])
    put(name, "interval", "", "knows", paste0("high_", method), attr(x, "ci")[2])
  }
  for (area in levels(d$area)) for (v in c("knows", "used")) {
    x <- summary(svyglm(as.formula(paste0(v, " ~ I(area == '", area, "')")), design))$coefficients
    put(name, "rest", area, v, "estimate", x[2, 1]); put(name, "rest", area, v, "se", x[2, 2])
  }
  x <- summary(svyglm(knows ~ used + age + sex, design))$coefficients
  put(name, "regression", "", rownames(x), "estimate", x[, 1]); put(name, "regression", "", rownames(x), "se", x[, 2])
  put(name, "degf", "", "", "df", degf(design))
}
write.csv(do.call(rbind, rows), file.path(out, "numbers.csv"), row.names = FALSE, quote = FALSE)
