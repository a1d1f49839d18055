import java.io.FileInputStream;
import java.io.InputStream;
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
 * Validates each file against PDF/UA-1 and prints tab-separated lines that start with the file's place in the
 * arguments: "0 checked N" (N assertions), "0 failed clause-test context message", "0 unreadable reason".
 */
public class CheckPdf {
  private static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  public static void main(String[] files) {
    VeraGreenfieldFoundryProvider.initialise();
    PDFAFlavour flavour = PDFAFlavour.byFlavourId("ua1");
    for (int i = 0; i < files.length; i++) {
      try (InputStream in = new FileInputStream(files[i]);
          PDFAParser parser = Foundries.defaultInstance().createParser(in, flavour);
          PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
        ValidationResult result = validator.validate(parser);
        for (TestAssertion test : result.getTestAssertions()) {
          if (test.getStatus() == TestAssertion.Status.FAILED) {
            String rule = test.getRuleId().getClause() + "-" + test.getRuleId().getTestNumber();
            say(i, "failed", rule, test.getLocation().getContext(), test.getMessage());
          }
        }
        say(i, "checked", String.valueOf(result.getTotalAssertions()));
      } catch (Exception e) {
        say(i, "unreadable", String.valueOf(e.getMessage()));
      }
    }
  }

  private static void say(int file, String... words) {
    StringBuilder line = new StringBuilder().append(file);
    for (String word : words) {
      line.append('\t').append(String.valueOf(word).replaceAll("\\s+", " "));
    }
    out.println(line);
  }
}
