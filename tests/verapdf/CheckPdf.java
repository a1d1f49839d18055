import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Validates against PDF/UA-1 each file whose name is a line of standard input, as it comes, until that ends. Prints
 * tab-separated lines: "failed clause-test context message" for each failure, and last of a file "checked N" (N
 * assertions) or "unreadable reason".
 */
public class CheckPdf {
  private static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  public static void main(String[] none) throws IOException {
    VeraGreenfieldFoundryProvider.initialise();
    PDFAFlavour flavour = PDFAFlavour.byFlavourId("ua1");
    BufferedReader files = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String file = files.readLine(); file != null; file = files.readLine()) {
      check(file, flavour);
    }
  }

  private static void check(String file, PDFAFlavour flavour) {
    try (InputStream in = new FileInputStream(file);
        PDFAParser parser = Foundries.defaultInstance().createParser(in, flavour);
        PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
      ValidationResult result = validator.validate(parser);
      for (TestAssertion test : result.getTestAssertions()) {
        if (test.getStatus() == TestAssertion.Status.FAILED) {
          String rule = test.getRuleId().getClause() + "-" + test.getRuleId().getTestNumber();
          say("failed", rule, test.getLocation().getContext(), test.getMessage());
        }
      }
      say("checked", String.valueOf(result.getTotalAssertions()));
    } catch (Exception e) {
      say("unreadable", String.valueOf(e.getMessage()));
    }
  }

  private static void say(String... words) {
    StringBuilder line = new StringBuilder();
    for (String word : words) {
      line.append(line.length() == 0 ? "" : "\t").append(String.valueOf(word).replaceAll("\\s+", " "));
    }
    out.println(line);
  }
}
